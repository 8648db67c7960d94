"""Give the columns of a file the names they will have in the lake.

Here: names that follow from labels, each once, as ``raw`` will call them. Not here: what labels mean
(``label_words.py``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.drafting.header_line import is_nameless
from ingestion.drafting.label_words import Meaning, meaning
from ingestion.header import tidy

_RESERVED = frozenset(
    re.findall(
        "[a-z]+",
        """all and any as asc between by case cast check column constraint create default delete desc distinct drop else
        end except exists false for foreign from full group having in inner insert intersect into is join key left like
        limit natural no not null of offset on or order outer partition primary references right rows select set table
        then to true union unique update user using values when where with""",
    )
)
"""Words that SQL keeps for itself."""


@dataclass(frozen=True, slots=True)
class Named:
    """Hold a column's place in the file, its name and what its label means.

    Attributes:
        place: 1-based.
        label: As in the file, tidied; made up where the file has none.
        is_told: Whether the name follows from the label.
    """

    place: int
    name: str
    label: str
    meaning: Meaning
    is_told: bool


def named_columns(header: Sequence[str]) -> list[Named]:
    """Name the columns of a header.

    >>> [one.name for one in named_columns(["序号", "企业名称", "", "企业名称"])]
    ['sequence_no', 'entity_name', 'column_3', 'entity_name__2']
    """
    labels = {tidy(label) for label in header}
    found: list[Named] = []
    first: dict[str, Named] = {}
    for place, sent in enumerate(header, start=1):
        label = tidy(sent)
        taken = {one.name for one in found}
        if label in first and label:
            found.append(_again(place, first[label], taken, labels))
            continue
        meant = Meaning("", "", "", "") if is_nameless(sent) else meaning(label)
        name = _free(_allowed(meant.name) or f"column_{place}", taken | (labels - {label}))
        one = Named(place, name, label or _made_up(place, labels), meant, bool(meant.name))
        found.append(one)
        first[label] = one
    return found


def _again(place: int, before: Named, taken: set[str], labels: set[str]) -> Named:
    """Name a column whose label an earlier one has: ``raw`` counts them."""
    number = next(n for n in range(2, place + 2) if f"{before.name}__{n}" not in taken)
    label = f"{before.label}__{number}"
    return Named(place, f"{before.name}__{number}", label, before.meaning, before.is_told)


def _made_up(place: int, labels: set[str]) -> str:
    label = f"第{place}列"
    return label if label not in labels else f"{label}（无名）"


def _allowed(name: str) -> str:
    """Return a name that may be declared; empty where it may not."""
    if not name or not name[0].isalpha() or not name.isascii():
        return ""
    return f"{name}_value" if name in _RESERVED else name


def _free(name: str, taken: set[str]) -> str:
    return (
        name
        if name not in taken
        else next(free for n in range(2, 1000) if (free := f"{name}_{n}") not in taken)
    )
