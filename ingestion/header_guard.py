"""Guard against a header that changed: what an agency's columns were is what they are taken to be.

A column that is new is reported and never absorbed; one that is missing, renamed or elsewhere may hide a shifted table.
Such a delivery waits for a person, who sees the difference. Not here: how many rows there are (``guard.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class HeaderChange:
    """Say how the columns of a delivery differ from those of the delivery before it, by their names.

    Attributes:
        renamed: Pairs of a name that is gone and the new one that stands in its place.
        moved: Whether columns that are in both stand in another order.
    """

    missing: tuple[str, ...]
    new: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    moved: bool

    @property
    def reason(self) -> str:
        """Return what is told of it; empty where nothing changed."""
        said = [
            _named("columns that are gone", self.missing),
            _named("new columns", self.new),
            _named("columns under another name", tuple(f"{old} -> {new}" for old, new in self.renamed)),
            "columns in another order" if self.moved else "",
        ]
        return "; ".join(filter(None, said))


def header_change(before: Sequence[str], now: Sequence[str]) -> HeaderChange:
    """Compare the columns of two deliveries, by the names that ``raw`` gives them.

    >>> header_change(["code", "name", "amount"], ["code", "title", "amount", "note"]).reason
    'new columns: note; columns under another name: name -> title'
    >>> header_change(["code", "name"], ["name", "code"]).reason
    'columns in another order'
    >>> header_change(["code", "name"], ["code", "name"]).reason
    ''
    """
    gone = [name for name in before if name not in now]
    come = [name for name in now if name not in before]
    kept_before, kept_now = ([n for n in names if n not in (*gone, *come)] for names in (before, now))
    pairs = [
        (old, new) for old in gone for new in come if _place(before, old, gone) == _place(now, new, come)
    ]
    renamed = [pair for pair in pairs if sum(pair[0] == p[0] or pair[1] == p[1] for p in pairs) == 1]
    taken = {name for pair in renamed for name in pair}
    return HeaderChange(
        tuple(name for name in gone if name not in taken),
        tuple(name for name in come if name not in taken),
        tuple(renamed),
        kept_before != kept_now,
    )


def _place(names: Sequence[str], name: str, others: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the columns between which a column stands, leaving out those that are not in both deliveries."""
    place = names.index(name)
    before = next((n for n in reversed(names[:place]) if n not in others), None)
    after = next((n for n in names[place + 1 :] if n not in others), None)
    return before, after


def _named(words: str, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    return f"{words}: {', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}"
