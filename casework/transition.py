"""What one transition of a case is: the act, the states it leads from and to, who may make it.

Here: the shape. Not here: the tables of transitions (``transitions.py``, ``access_transitions.py``).
"""

from dataclasses import dataclass
from enum import StrEnum

from resource_catalogue.model import Label

UNOPENED = ""


class Party(StrEnum):
    """Who may make a transition."""

    PLATFORM = "platform"
    AGENCY = "agency"
    RAISING_BODY = "raising_body"
    BODY_CONCERNED = "body_concerned"
    HOLDER = "holder"


@dataclass(frozen=True, slots=True)
class Transition:
    """Admit one act.

    Attributes:
        from_states: States in which it may happen; the empty text stands for a case that does not exist yet.
        to_state: State after it; null keeps the state.
        by: Who may do it; ``post`` narrows to one office of that body.
        label: What a person sees.
    """

    act: str
    from_states: tuple[str, ...]
    to_state: StrEnum | None
    by: Party
    label: Label
    post: str | None = None

    def target(self, state: str) -> str:
        """Return the state after the act."""
        return str(self.to_state or state)


def step(
    act: str,
    from_states: tuple[str, ...],
    to_state: StrEnum | None,
    by: Party,
    zh: str,
    en: str,
    post: str | None = None,
) -> Transition:
    """Return a transition; one call is one row of a table."""
    return Transition(act, from_states, to_state, by, Label(zh=zh, en=en), post)
