"""Measures against users of opened data as the open portal shows them (公示, Yancheng a35).

Here: the words of ``casework`` in the shape of the public catalogue, for a run and for the command that orders or lifts
a measure. Not here: which measures are public (``casework``), nor writing the catalogue (``opening``).
"""

from casework.sanctions import public_measures
from casework.state import State
from opening.catalogue_shape import Sanction
from opening.public_terms import words
from resource_catalogue.profile import Profile


def shown_measures(state: State, profile: Profile) -> list[Sanction]:
    """Return the measures that are to be made public, newest first."""
    return [
        {
            "subject": one.subject,
            "measure": words(one.measure),
            "reason": words(one.reason),
            "basis": one.basis,
            "since": state.day(one.since).isoformat(),
            "until": None,
        }
        for one in public_measures(state, profile)
    ]
