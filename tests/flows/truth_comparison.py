"""The one comparison of what should be found with what is found.

Here: what is missing and what is invented. Not here: where either comes from.
"""

from collections.abc import Iterable
from typing import TypeVar

Place = TypeVar("Place")


def differences(expected: Iterable[Place], found: Iterable[Place]) -> tuple[set[Place], set[Place]]:
    """Return what was planted and is not found, and what is found and was not planted."""
    planted, reported = set(expected), set(found)
    return planted - reported, reported - planted


NONE: tuple[set[object], set[object]] = (set(), set())
"""No difference."""
