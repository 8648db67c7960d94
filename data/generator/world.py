"""Hold the fictional city that all agencies report on.

Here: its persons and organisations and the choices several feeds share. Not here: feeds.
"""

from dataclasses import dataclass, field

from data.generator.organisations import Organisations
from data.generator.people import People


@dataclass(frozen=True)
class World:
    """One city made from one seed.

    Attributes:
        struck: Identifiers of subjects whose row in a registered source was touched; feeds that are
            compared with the source leave them alone, so that every disagreement is one that was planted.
    """

    seed: int
    people: People
    organisations: Organisations
    struck: set[str] = field(default_factory=set)

    @classmethod
    def make(cls, seed: int, persons: int, organisations: int) -> "World":
        """Make a city of that size."""
        people = People(seed, persons)
        return cls(seed, people, Organisations(seed, organisations, people))
