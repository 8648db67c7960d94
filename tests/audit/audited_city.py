"""A deployment with nothing but a record of access, and ways to lay hands on it."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from audit.record import AccessRecord
from lake import Lake
from resource_catalogue.access_words import Access
from resource_catalogue.deployment import Deployment

ZONE = ZoneInfo("Asia/Shanghai")
SUBJECT = "ab" * 16


def at(text: str) -> dt.datetime:
    """Read a local instant; a bare day means nine o'clock."""
    stamp = dt.datetime.fromisoformat(text if "T" in text else text + "T09:00:00")
    return stamp.replace(tzinfo=ZONE)


def an_access(when: str = "2026-03-16", **changed: Any) -> Access:
    """Return a lookup by a county's system."""
    fields: dict[str, Any] = {
        "at": at(when),
        "action": "lookup",
        "result": "answered",
        "recipient_id": "demo_county",
        "agency_id": "civil_affairs",
        "purpose": "低保审核",
        "grant_id": "G-2026-0001",
        "entry": "base.person",
        "columns": ("citizen_id", "name"),
        "table": "share.base__person__service__3c5a86da75a041e7",
        "version": 3,
        "rows": 1,
        "bytes": 420,
        "subject_key": SUBJECT,
        "divisions": ("329902",),
        "request_id": "r1",
    }
    return Access(**(fields | changed))


@dataclass(frozen=True)
class Audited:
    """Hold a deployment's record and lake."""

    deployment: Deployment
    record: AccessRecord
    lake: Lake

    @property
    def folder(self) -> Path:
        """Return the folder of the record."""
        return self.record.folder

    def page(self, day: str) -> Path:
        """Return the journal's file of a day."""
        return self.record.journal.folder / f"{day}.jsonl"

    def records(self) -> list[dict[str, Any]]:
        """Return all records of the journal, by whatever a fresh reader finds."""
        pages = sorted(self.record.journal.folder.glob("*.jsonl"))
        return [json.loads(line) for page in pages for line in page.read_bytes().splitlines()]

    def rewrite(self, day: str, change: Callable[[list[bytes]], list[bytes]]) -> None:
        """Change the lines of a day by hand."""
        lines = self.page(day).read_bytes().splitlines()
        self.page(day).write_bytes(b"".join(line + b"\n" for line in change(lines)))

    def reopened(self) -> "Audited":
        """Return the same as another process finds it."""
        return audited(self.deployment.home)


def audited(home: Path) -> Audited:
    """Open a deployment in a folder, made where it is not there."""
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "civiclake.toml"
    if not settings.exists():
        settings.write_text('profile = "yancheng"\nas_of = "2026-03-16T09:00:00+08:00"\n', encoding="utf-8")
    deployment = Deployment.open(home)
    lake = Lake(deployment.lake_root, deployment.var / "tmp", threads=1)
    return Audited(deployment, AccessRecord.open(deployment), lake)
