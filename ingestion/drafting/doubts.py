"""What a steward must look at before a proposed entry may count: place and words, never a value.

Here: the one shape of a doubt. Not here: what gives rise to one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """Hold a question to the steward.

    Attributes:
        place: Key of the entry or name of the column at which it is asked; empty for the head of the file.
    """

    place: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"请确认 / please confirm: {self.zh} / {self.en}"
