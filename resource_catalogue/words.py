"""The words that rooms share: table names, deliveries, findings, and the columns every row carries.

Rooms that must not import each other meet in these shapes and in the tables built from them.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

PROVENANCE_COLUMNS = (
    "_delivery_id",
    "_row_number",
    "_collected_at",
    "_collected_place",
    "_received_at",
    "_row_key",
)
"""Columns every ``standard.*`` row carries; ``raw.*`` rows carry the first two, the source line and the row key."""


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """Name a table of the lake as ``schema.name``.

    >>> str(TableName.parse("base.person"))
    'base.person'
    """

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """Split ``schema.name``; a text without exactly one dot is a programming error."""
        schema, name = text.split(".")
        return cls(schema, name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def resource_table_name(resource_id: str) -> str:
    """Return ``<agency>__<resource>`` for a resource id ``agency.resource``."""
    return resource_id.replace(".", "__")


def raw_table(resource_id: str) -> TableName:
    """Name the table of text rows as the agency sent them."""
    return TableName("raw", resource_table_name(resource_id))


def standard_table(resource_id: str) -> TableName:
    """Name the table of typed, normalised rows (标准库)."""
    return TableName("standard", resource_table_name(resource_id))


def claims_table(entity: str) -> TableName:
    """Name the table of all agencies' statements about one kind of entity."""
    return TableName("claims", entity)


def base_table(entity: str) -> TableName:
    """Name the base-database table of one kind of entity (基础库)."""
    return TableName("base", entity)


class DeliveryState(StrEnum):
    """State of a delivery (归集批次)."""

    LOADED = "loaded"
    HELD = "held"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNREADABLE = "unreadable"


class Severity(StrEnum):
    """Weight of a rule: counted, task, or stop of what depends on it."""

    WARN = "warn"
    ERROR = "error"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Describe one delivery of one resource's slice: the unit of ingestion.

    Attributes:
        delivery_id: Hash of resource, slice and content; a resend of the same bytes is the same delivery.
        file_name: Path below the inbox, as the agency named it.
        issued_on: Declared issue date, if the resource declares where it stands.
        arrived_at: When the file reached the inbox.
        agency_id: Providing agency; ``submitted_by`` the body that sent it.
    """

    delivery_id: str
    resource_id: str
    agency_id: str
    submitted_by: str
    slice: str
    file_name: str
    content_hash: str
    size_bytes: int
    arrived_at: dt.datetime
    issued_on: dt.date | None = None

    @property
    def order(self) -> tuple[str, str, str]:
        """Return the sort key of deliveries: declared issue date, else arrival, then path."""
        issued = self.issued_on.isoformat() if self.issued_on else self.arrived_at.date().isoformat()
        return (issued, self.arrived_at.isoformat(), self.file_name)


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of ``quality.findings``: one rule failing on one row (问题数据), without the failing value.

    Attributes:
        rule_id: ``<resource>:<check>:<column>`` or the declared id; stable over runs.
        indicator: GB/T 36344 indicator code such as ``0301``.
        agency_id: Source agency of the failing column (not the feed that exposed it).
        reason: Fault code of ``norms`` or of the check.
        row_key: Keyed hash of the business key; empty for findings on a whole delivery or resource.
        row_number: Data row in the delivery, 1-based; 0 for findings on a whole delivery or resource.
    """

    finding_id: str
    rule_id: str
    rule_version: str
    check: str
    indicator: str
    severity: Severity
    agency_id: str
    resource_id: str
    column: str
    reason: str
    row_key: str
    delivery_id: str
    row_number: int
