"""Look for identifiers in whole columns, and say whether finds are more than chance or declaration explains.

Here: recognisers over full content, counts as evidence. Not here: values (never kept, never shown),
samples, and what follows from evidence (``decision.py`` before, ``opening`` after the files are written).

One hit counts where the kind's check proves it, and where a number stands inside longer text. A bare value
of a kind that occurs by chance (Luhn passes one random number in ten) counts from a share of the column on;
in columns declared to hold codes or numbers that share is higher, because there such values are expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from masking.recogniser_contract import Recogniser, fold_series
from masking.recognisers import recognisers
from resource_catalogue.model import AccessType, Label

CHANCE_SHARE = 0.2
"""Share of a text column's cells from which bare values of a doubtful kind count; a setting of judgement."""
CHANCE_SHARE_OF_NUMBERS = 0.5
"""The same in columns of codes or numbers: chance gives 7.9 % (mobile) to 10 % (card) there."""
FEWEST_BY_SHARE = 3
DECLARES: Mapping[str, tuple[str, ...]] = {
    "citizen_id": ("citizen_id", "old_citizen_id"),
    "subject_identifier": ("credit_code",),
    "credit_code": ("credit_code",),
    "phone": ("mobile",),
}
"""Kinds that a column type declares. A subject identifier declares no identity number."""
NEVER_OPEN_TO_ALL = ("citizen_id", "old_citizen_id", "bank_card", "passport")
"""Kinds that no declaration admits to data open to all (PIPL article 28: sensitive personal information)."""
_NUMBER_KINDS = frozenset(
    {
        "code", "division", "credit_code", "registration_number", "subject_identifier",
        "certificate_identifier", "money", "integer", "decimal", "date", "datetime",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """Say what a column is declared to hold.

    Attributes:
        kinds: Recognisers whose finds are expected.
        shape: ``numbers`` for codes, identifiers and amounts, ``text`` for everything else.
    """

    kinds: tuple[str, ...] = ()
    shape: Literal["text", "numbers"] = "text"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Count what was found: the column, the kind, cells with a hit, cells with a value."""

    column: str
    kind: str
    hits: int
    cells: int
    label: Label = field(repr=False)

    @property
    def text(self) -> Label:
        """Return the evidence for a person, in counts only."""
        return Label(
            zh=f"疑似{self.label.zh}：{self.cells} 个单元格中 {self.hits} 个",
            en=f"{self.label.en or self.kind}: {self.hits} of {self.cells} cells",
        )


def expected_of(kinds: frozenset[str], open_type: AccessType) -> Expected:
    """Derive what a column may hold from the declared types of its source columns."""
    declared = [kind for source in sorted(kinds) for kind in DECLARES.get(source, ())]
    if open_type == "open_to_all":
        declared = [kind for kind in declared if kind not in NEVER_OPEN_TO_ALL]
    numbers = bool(kinds) and kinds <= _NUMBER_KINDS
    return Expected(tuple(dict.fromkeys(declared)), "numbers" if numbers else "text")


def find_evidence(frame: pl.DataFrame, expected: Mapping[str, Expected]) -> list[Evidence]:
    """Scan every column of a table in full.

    Args:
        frame: The table as it would be published.
        expected: What each column is declared to hold; a column without an entry is declared to hold nothing.

    Returns:
        What is more than chance or declaration explains, by column and kind.
    """
    found = [_in_column(frame[name], expected.get(name, Expected())) for name in frame.columns]
    return [evidence for column in found for evidence in column]


def _in_column(series: pl.Series, expected: Expected) -> list[Evidence]:
    if not _can_hold_identifiers(series.dtype):
        return []
    values = series.cast(pl.String).drop_nulls()
    if series.dtype.is_numeric():
        expected = Expected(expected.kinds, "numbers")
    known = recognisers()
    folded = fold_series(values)
    declared = [known[kind].is_exactly(values) for kind in expected.kinds]
    explained = pl.Series([False]).new_from_index(0, len(values))
    for mask in declared:
        explained = explained | mask
    found = []
    for kind, recogniser in known.items():
        hits = recogniser.scan_folded(folded) & ~explained
        if kind not in expected.kinds and _is_more_than_chance(recogniser, values, hits, expected.shape):
            found.append(Evidence(series.name, kind, int(hits.sum()), len(values), recogniser.label))
    return found


def _can_hold_identifiers(dtype: pl.DataType) -> bool:
    return dtype == pl.String or dtype.is_integer() or dtype.is_decimal()


def _is_more_than_chance(
    recogniser: Recogniser, values: pl.Series, hits: pl.Series, shape: Literal["text", "numbers"]
) -> bool:
    count = int(hits.sum())
    if count == 0:
        return False
    if recogniser.name == "citizen_id" or (shape == "text" and recogniser.proves_alone):
        return True
    if shape == "text" and (hits & ~recogniser.is_exactly(values)).any():
        return True
    share = CHANCE_SHARE if shape == "text" else CHANCE_SHARE_OF_NUMBERS
    return count >= min(FEWEST_BY_SHARE, len(values)) and count >= share * len(values)
