"""Find the fewest columns that name the rows of a sample: identifiers first, running numbers never.

Here: trying combinations over all rows. Not here: whether they will hold in the next delivery, which a person knows.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import polars as pl

from ingestion.drafting.column_names import Named
from ingestion.drafting.column_types import Proposal

_MOST_COLUMNS, _TRIED = 3, 8
_RANKS = {"key": 0, "number": 2, "document_no": 2, "name": 3}
_TYPES = {
    "credit_code": 1,
    "citizen_id": 1,
    "registration_number": 1,
    "subject_identifier": 1,
    "certificate_identifier": 1,
}
_LATE = {"date": 5, "datetime": 5, "integer": 6, "division": 5, "code": 5, "person_name": 6, "address": 6}
_NEVER = ("money", "decimal", "boolean", "geometry", "phone")
_LONGEST = 60


def candidate_key(
    frame: pl.DataFrame, columns: Sequence[Named], proposals: Mapping[str, Proposal], required: frozenset[str]
) -> tuple[str, ...]:
    """Return the columns of the best key; none where no few columns tell all rows apart.

    Args:
        frame: Conformed rows.
        required: Columns that are never empty.
    """
    ranked = sorted(
        (rank, one.place, one.name) for one in columns if (rank := _rank(one, proposals, frame)) is not None
    )
    usable = [name for _, _, name in ranked if name in required and not frame[name].null_count()][:_TRIED]
    for size in range(1, _MOST_COLUMNS + 1):
        for chosen in combinations(usable, size):
            if frame.select(chosen).n_unique() == frame.height:
                return chosen
    return ()


def _rank(one: Named, proposals: Mapping[str, Proposal], frame: pl.DataFrame) -> int | None:
    kind, column_type = one.meaning.kind, proposals[one.name].type
    if kind in ("sequence", "free") or column_type in _NEVER:
        return None
    if column_type in _TYPES:
        return _TYPES[column_type]
    if kind in _RANKS:
        return _RANKS[kind]
    if column_type in _LATE:
        return _LATE[column_type]
    longest = frame[one.name].str.len_chars().max()
    return 4 if isinstance(longest, int) and longest <= _LONGEST else None
