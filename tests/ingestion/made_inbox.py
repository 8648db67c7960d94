"""A small deployment whose inbox the tests fill with real files, and what became of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from ingestion.ingest import Ingested, ingest_resource, waiting_files
from lake import Lake
from lake.tables import DELIVERIES, DELIVERY_DECISIONS, REJECTED_ROWS, REPLACED_ROWS, SCHEMAS
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.deployment import Deployment
from resource_catalogue.profile import Profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName, raw_table, standard_table

MARKER = "秘密值"
"""Stands in a cell wherever a test looks for values that leak."""
COLUMNS: Sequence[Mapping[str, Any]] = (
    {"name": "code", "zh": "代码", "type": "text", "required": True},
    {"name": "title", "zh": "名称", "from": ["机构名称"], "type": "text"},
    {"name": "amount", "zh": "数量", "type": "integer"},
)
AGENCY = "bureau"
NAME = "feed"
ID = f"{AGENCY}.{NAME}"
RAW, STANDARD = raw_table(ID), standard_table(ID)


def a_resource(**changes: Any) -> Resource:
    """Declare the resource of the tests; ``source`` is laid over the default one."""
    label = {"zh": "名录", "en": "list"}
    declared = changes.pop("source", {})
    source = declared if "connector" in declared else {"path": f"{AGENCY}/*", **declared}
    update = {"frequency": "daily", "mode": changes.pop("mode", "snapshot"), **changes.pop("update", {})}
    body = {
        "id": ID, "code": "3/1", "name": label, "summary": label, "class": "department", "categories": ("x",),
        "agencies": {"collecting": AGENCY, "reviewing": AGENCY, "providing": AGENCY}, "obtained_by": "generated",
        "form": "structured", "format": "file", "subject": "none", "grain": label, "key": ("code",),
        "update": update, "share": {"type": "open_to_all"}, "open": {"type": "open_to_all"}, "source": source,
        "columns": COLUMNS, **changes,
    }  # fmt: skip
    return Resource.model_validate(body)


def a_release(resource: Resource, number: int = 1) -> Release:
    """Publish one resource, without tables."""
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    profile = Profile.model_construct(id="profile", version=1)
    catalogue = Catalogue(resources={resource.id: resource})
    return Release(number, "h", published, "r", "v", profile, catalogue, {resource.id: "listed"})


class Inbox:
    """A deployment in a folder, the files sent to it, and its lake."""

    def __init__(self, home: Path, **changes: Any) -> None:
        home.mkdir(parents=True, exist_ok=True)
        text = (
            'profile = "yancheng"\n[ingestion]\ninbox = "inbox"\narrival = "folder"\n[engine]\nthreads = 1\n'
        )
        (home / "civiclake.toml").write_text(text, encoding="utf-8")
        self.deployment = Deployment.open(home)
        self.lake = Lake(self.deployment.lake_root, threads=1)
        self.declare(**changes)

    def declare(self, number: int = 1, **changes: Any) -> None:
        """Publish the resource, anew where it was published before."""
        self.resource = a_resource(**changes)
        self.release = a_release(self.resource, number)

    def send(self, content: bytes | str | Path, name: str = "feed.csv", day: int = 1) -> Path:
        """Put a file into the inbox, arrived on a day of March 2026."""
        path = self.deployment.inbox / f"2026-03-{day:02}" / AGENCY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            content = content.read_bytes()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, day: int = 28) -> Ingested:
        """Take in one wave of what has arrived by a day."""
        return ingest_resource(self.lake, self.deployment, self.release, ID, at(day))

    def ingest_all(self, day: int = 28) -> None:
        """Take in waves until nothing waits."""
        while self.ingest(day).waiting:
            pass

    def waiting(self, day: int = 28) -> list[str]:
        """List the identities of files that are not taken in yet."""
        return [one.identity for one in waiting_files(self.lake, self.deployment, self.release, at(day))]

    def decide(self, delivery: str, decision: str) -> None:
        """Record a person's decision on a held delivery."""
        row = {
            "decision_id": delivery, "delivery_id": delivery, "decision": decision, "agency_id": AGENCY,
            "post": "steward", "note": "", "decided_at": at(28),
        }  # fmt: skip
        blank = pl.from_arrow(SCHEMAS[DELIVERY_DECISIONS].empty_table())
        assert isinstance(blank, pl.DataFrame)
        self.lake.append(DELIVERY_DECISIONS, pl.DataFrame([row], schema=blank.schema))

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the register, in order of arrival."""
        return self.lake.read(DELIVERIES).sort("order_key").to_dicts()

    def delivery(self) -> dict[str, Any]:
        """Return the only delivery."""
        (only,) = self.deliveries()
        return only

    def rejected(self) -> list[dict[str, Any]]:
        """Return the rejected rows, in order."""
        found = self.lake.read(REJECTED_ROWS)
        return found.sort("delivery_id", "row_number").to_dicts() if found.height else []

    def links(self) -> list[tuple[int, int]]:
        """Return old and new row number of every replaced row."""
        found = self.lake.read(REPLACED_ROWS)
        return sorted(found.select("old_row_number", "new_row_number").rows()) if found.height else []

    def rows(self, *columns: str, table: TableName = STANDARD) -> list[tuple[Any, ...]]:
        """Return columns of a table, in order of delivery and row."""
        frame = self.lake.read(table)
        return frame.sort("_delivery_id", "_row_number").select(*columns).rows() if frame.height else []

    def hashes(self) -> dict[str, str]:
        """Return the row hash of every table."""
        return {str(table): self.lake.row_hash(table) for table in self.lake.tables()}

    def versions(self) -> dict[str, int]:
        """Return the version of every table."""
        return self.lake.versions(self.lake.tables())


def at(day: int) -> dt.datetime:
    """Return nine o'clock Beijing time on a day of March 2026."""
    return dt.datetime(2026, 3, day, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def table(*rows: str, header: str = "代码,名称,数量") -> str:
    """Write rows of text under the usual header."""
    return "\n".join((header, *rows)) + "\n"
