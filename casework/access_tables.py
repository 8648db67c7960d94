"""What the lake is told of casework: grants as they stand, and rows that are under verification.

Here: ``decisions.grants`` and ``decisions.open_rows``, written anew only where they differ. Not here: building
share tables from them.
"""

from collections.abc import Collection
from typing import Any

import polars as pl
import pyarrow as pa
from sqlalchemy import select

from casework.access_transitions import AccessState
from casework.grants import GrantCase, list_grants
from casework.models import Case, TaskRow
from casework.rectification import KIND as RECTIFICATION
from casework.shared_entry import shared_entry
from casework.state import State
from casework.transitions import OPEN_STATES, Outcome
from lake import Lake
from lake.tables import GRANTS, OPEN_ROWS, SCHEMAS
from resource_catalogue.errors import CivicError
from resource_catalogue.release import Release
from resource_catalogue.words import TableName

_NEVER_IN_FORCE = frozenset({AccessState.REQUESTED, AccessState.REFUSED})
_UNDER_VERIFICATION = (str(Outcome.OPEN), str(Outcome.STILL_FAILING))


def flush_grants(state: State, lake: Lake, release: Release, also_built: Collection[str] = ()) -> bool:
    """Write ``decisions.grants``; tell whether anything changed.

    A grant in force whose entry or columns the release no longer lists counts as suspended there, also before
    ``review_grants`` has said so in the ledger.
    """
    rows = [
        _grant_row(case, release, also_built)
        for case in list_grants(state)
        if case.state not in _NEVER_IN_FORCE and case.decided_at is not None
    ]
    return _write(lake, GRANTS, rows)


def flush_open_rows(state: State, lake: Lake) -> bool:
    """Write ``decisions.open_rows``: where each row of an open task was last seen failing; tell of a change."""
    query = (
        select(
            Case.id,
            Case.resource_id,
            TaskRow.now_delivery_id,
            TaskRow.now_row_number,
            TaskRow.now_row_key,
            TaskRow.column,
        )
        .join(TaskRow, TaskRow.case_id == Case.id)
        .where(
            Case.kind == RECTIFICATION,
            Case.state.in_([str(one) for one in OPEN_STATES]),
            TaskRow.round == Case.round,
            TaskRow.outcome.in_(_UNDER_VERIFICATION),
        )
        .distinct()
    )
    names = SCHEMAS[OPEN_ROWS].names
    with state.read() as session:
        rows = [dict(zip(names, row, strict=True)) for row in session.execute(query)]
    return _write(lake, OPEN_ROWS, rows)


def _grant_row(case: GrantCase, release: Release, also_built: Collection[str]) -> dict[str, Any]:
    grant = case.grant
    holds = case.state != AccessState.IN_FORCE or _is_listed(case, release, also_built)
    return {
        "grant_id": grant.id,
        "recipient_id": grant.recipient_id,
        "agency_id": case.agency,
        "entry": grant.entry,
        "columns": list(grant.columns),
        "divisions": list(grant.divisions),
        "mode": grant.mode,
        "purpose": grant.purpose,
        "share_table": str(grant.table),
        "valid_from": grant.valid_from,
        "valid_to": grant.valid_to,
        "state": case.state if holds else str(AccessState.SUSPENDED),
        "release": case.release,
        "decided_at": case.decided_at,
    }


def _is_listed(case: GrantCase, release: Release, also_built: Collection[str]) -> bool:
    try:
        entry = shared_entry(release, case.grant.entry, also_built)
    except CivicError:
        return False
    return all(name in entry.columns and entry.columns[name].type != "none" for name in case.grant.columns)


def _write(lake: Lake, table: TableName, rows: list[dict[str, Any]]) -> bool:
    """Overwrite a table whose rows differ from what it holds, whatever their order."""
    schema = SCHEMAS[table]
    new = pa.Table.from_pylist(rows, schema=schema)
    if lake.exists(table) and _sorted(lake.read(table)).equals(_sorted(_frame(new))):
        return False
    lake.overwrite(table, new)
    return True


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    plain = [name for name, kind in frame.schema.items() if not isinstance(kind, pl.List)]
    return frame.sort(plain, nulls_last=True)
