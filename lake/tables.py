"""Shapes of the system tables that rooms meet in: deliveries, rejected rows, findings, results, decisions.

Here: the Arrow schema of each. The grain is the first line of each docstring. Not here: raw, standard, claims and
base tables, whose columns follow from the release and from ``resource_catalogue.entities``.
"""

import pyarrow as pa

from resource_catalogue.words import TableName

_INSTANT = pa.timestamp("us", tz="UTC")

DELIVERIES = TableName("ingestion", "deliveries")
"""One row per delivery (归集批次), whatever became of it."""
REPLACED_ROWS = TableName("ingestion", "replaced_rows")
"""One row per row whose key was not valid and that a later delivery of its slice put right in its place."""
DELETIONS = TableName("ingestion", "deletions")
"""One row per delivery that could take rows away: a snapshot in the place of another, or changes with deletions.

``rows_marked`` is how many records say that they are deletions (null for a snapshot, which has none), ``rows_deleted``
how many rows were there until then."""
DELETED_ROWS = TableName("ingestion", "deleted_rows")
"""One row per row and delivery that took it away (删除行): where it stood last, no value of it."""
REJECTED_ROWS = TableName("ingestion", "rejected_rows")
"""One row per source row that could not be split into columns; ``text`` holds it as sent (may be personal)."""
COMPARED_CELLS = TableName("ingestion", "compared_cells")
"""One row per agency, attribute, subject and value of its file that a comparison told to differ; keyed hashes only."""
RESTATEMENTS = TableName("ingestion", "restatements")
"""One row per delivery, earlier delivery and column of which it now says something else about the past; never a value.

``column`` is null where rows as a whole are counted: in how many any column changed, how many appeared or vanished.
"""
CLOCK = TableName("ingestion", "clock")
"""One row: the latest ``as_of`` a run has used; a run may not go back behind it."""
RESULTS = TableName("quality", "results")
"""One row per rule, at its newest evaluation."""
FINDINGS = TableName("quality", "findings")
"""One row per rule and failing row of the current data (问题数据); keyed, never with the value."""
SCORES = TableName("quality", "scores")
"""One row per scope (agency, resource), dimension and indicator; score null where not assessable."""
DELIVERY_DECISIONS = TableName("decisions", "deliveries")
"""One row per decision of a person on a held delivery."""
GRANTS = TableName("decisions", "grants")
"""One row per grant as it stands (授权): who may receive which columns and rows of which entry, and how long."""
OPEN_ROWS = TableName("decisions", "open_rows")
"""One row per row of an open task and column it is about: what is under verification (核实中), and its case."""
ACCESS = TableName("audit", "access")
"""One row per access (存取记录), in the order of the chain; no value of a data row."""
OPENED = TableName("opening", "datasets")
"""One row per opened dataset at its newest release."""
WITHDRAWALS = TableName("opening", "withdrawals")
"""One row per withdrawal (撤回): what lay open, since when, why it went, under which release, at which instant."""

SCHEMAS: dict[TableName, pa.Schema] = {
    DELIVERIES: pa.schema(
        [
            ("delivery_id", pa.string()),
            ("resource_id", pa.string()),
            ("agency_id", pa.string()),
            ("submitted_by", pa.string()),
            ("slice", pa.string()),
            ("file_name", pa.string()),
            ("sheet", pa.string()),
            ("content_hash", pa.string()),
            ("size_bytes", pa.int64()),
            ("format", pa.string()),
            ("encoding", pa.string()),
            ("header_row", pa.int64()),
            ("rows_received", pa.int64()),
            ("rows_loaded", pa.int64()),
            ("rows_rejected", pa.int64()),
            ("state", pa.string()),
            ("reason", pa.string()),
            ("issued_on", pa.date32()),
            ("arrived_at", _INSTANT),
            ("received_at", _INSTANT),
            ("release", pa.int64()),
            ("order_key", pa.string()),
            ("reading_fingerprint", pa.string()),
            ("columns", pa.list_(pa.string())),
        ]
    ),
    REJECTED_ROWS: pa.schema(
        [
            ("delivery_id", pa.string()),
            ("resource_id", pa.string()),
            ("row_number", pa.int64()),
            ("line", pa.int64()),
            ("sheet", pa.string()),
            ("reason", pa.string()),
            ("row_key", pa.string()),
            ("text", pa.string()),
        ]
    ),
    REPLACED_ROWS: pa.schema(
        [
            ("resource_id", pa.string()),
            ("old_delivery_id", pa.string()),
            ("old_row_number", pa.int64()),
            ("old_row_key", pa.string()),
            ("new_delivery_id", pa.string()),
            ("new_row_number", pa.int64()),
        ]
    ),
    COMPARED_CELLS: pa.schema(
        [
            ("agency_id", pa.string()),
            ("entity", pa.string()),
            ("attribute", pa.string()),
            ("subject_key", pa.string()),
            ("value_key", pa.string()),
            ("told_at", _INSTANT),
        ]
    ),
    RESTATEMENTS: pa.schema(
        [
            ("delivery_id", pa.string()),
            ("replaced_delivery_id", pa.string()),
            ("resource_id", pa.string()),
            ("slice", pa.string()),
            ("column", pa.string()),
            ("rows_changed", pa.int64()),
            ("rows_added", pa.int64()),
            ("rows_removed", pa.int64()),
        ]
    ),
    DELETIONS: pa.schema(
        [
            ("resource_id", pa.string()),
            ("delivery_id", pa.string()),
            ("replaced_delivery_id", pa.string()),
            ("rows_marked", pa.int64()),
            ("rows_deleted", pa.int64()),
        ]
    ),
    DELETED_ROWS: pa.schema(
        [
            ("resource_id", pa.string()),
            ("row_key", pa.string()),
            ("old_delivery_id", pa.string()),
            ("old_row_number", pa.int64()),
            ("new_delivery_id", pa.string()),
        ]
    ),
    CLOCK: pa.schema([("as_of", _INSTANT)]),
    FINDINGS: pa.schema(
        [
            ("finding_id", pa.string()),
            ("rule_id", pa.string()),
            ("rule_version", pa.string()),
            ("check", pa.string()),
            ("indicator", pa.string()),
            ("severity", pa.string()),
            ("agency_id", pa.string()),
            ("resource_id", pa.string()),
            ("column", pa.string()),
            ("reason", pa.string()),
            ("row_key", pa.string()),
            ("delivery_id", pa.string()),
            ("row_number", pa.int64()),
            ("file_name", pa.string()),
            ("sheet", pa.string()),
            ("line", pa.int64()),
            ("first_seen", _INSTANT),
            ("release", pa.int64()),
            ("profile", pa.string()),
        ]
    ),
    RESULTS: pa.schema(
        [
            ("rule_id", pa.string()),
            ("rule_version", pa.string()),
            ("check", pa.string()),
            ("indicator", pa.string()),
            ("severity", pa.string()),
            ("agency_id", pa.string()),
            ("resource_id", pa.string()),
            ("column", pa.string()),
            ("evaluated", pa.int64()),
            ("unexpected", pa.int64()),
            ("state", pa.string()),
            ("fingerprint", pa.string()),
            ("as_of", _INSTANT),
            ("release", pa.int64()),
            ("profile", pa.string()),
        ]
    ),
    SCORES: pa.schema(
        [
            ("scope", pa.string()),
            ("scope_id", pa.string()),
            ("dimension", pa.string()),
            ("indicator", pa.string()),
            ("a", pa.int64()),
            ("b", pa.int64()),
            ("score", pa.float64()),
            ("as_of", _INSTANT),
            ("release", pa.int64()),
            ("profile", pa.string()),
        ]
    ),
    DELIVERY_DECISIONS: pa.schema(
        [
            ("decision_id", pa.string()),
            ("delivery_id", pa.string()),
            ("decision", pa.string()),
            ("agency_id", pa.string()),
            ("post", pa.string()),
            ("note", pa.string()),
            ("decided_at", _INSTANT),
        ]
    ),
    GRANTS: pa.schema(
        [
            ("grant_id", pa.string()),
            ("recipient_id", pa.string()),
            ("agency_id", pa.string()),
            ("entry", pa.string()),
            ("columns", pa.list_(pa.string())),
            ("divisions", pa.list_(pa.string())),
            ("mode", pa.string()),
            ("purpose", pa.string()),
            ("share_table", pa.string()),
            ("valid_from", pa.date32()),
            ("valid_to", pa.date32()),
            ("state", pa.string()),
            ("release", pa.int64()),
            ("decided_at", _INSTANT),
        ]
    ),
    OPEN_ROWS: pa.schema(
        [
            ("case_id", pa.string()),
            ("resource_id", pa.string()),
            ("delivery_id", pa.string()),
            ("row_number", pa.int64()),
            ("row_key", pa.string()),
            ("column", pa.string()),
        ]
    ),
    ACCESS: pa.schema(
        [
            ("sequence", pa.int64()),
            ("at", _INSTANT),
            ("action", pa.string()),
            ("result", pa.string()),
            ("recipient_id", pa.string()),
            ("agency_id", pa.string()),
            ("post", pa.string()),
            ("purpose", pa.string()),
            ("grant_id", pa.string()),
            ("entry", pa.string()),
            ("columns", pa.list_(pa.string())),
            ("table", pa.string()),
            ("version", pa.int64()),
            ("rows", pa.int64()),
            ("bytes", pa.int64()),
            ("subject_key", pa.string()),
            ("divisions", pa.list_(pa.string())),
            ("request_id", pa.string()),
            ("detail", pa.string()),
            ("previous_hash", pa.string()),
            ("hash", pa.string()),
        ]
    ),
    OPENED: pa.schema(
        [
            ("dataset", pa.string()),
            ("rows", pa.int64()),
            ("k", pa.int64()),
            ("open_type", pa.string()),
            ("manifest_hash", pa.string()),
            ("files", pa.list_(pa.string())),
            ("state", pa.string()),
            ("reason", pa.string()),
            ("opened_at", _INSTANT),
            ("release", pa.int64()),
            ("profile", pa.string()),
        ]
    ),
    WITHDRAWALS: pa.schema(
        [
            ("withdrawal_id", pa.string()),
            ("dataset", pa.string()),
            ("reason", pa.string()),
            ("withdrawn_at", _INSTANT),
            ("release", pa.int64()),
            ("profile", pa.string()),
            ("rows", pa.int64()),
            ("k", pa.int64()),
            ("open_type", pa.string()),
            ("manifest_hash", pa.string()),
            ("files", pa.list_(pa.string())),
            ("opened_at", _INSTANT),
            ("opened_release", pa.int64()),
        ]
    ),
}
