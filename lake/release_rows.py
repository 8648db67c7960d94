"""Rows of catalogue releases: a release's objects as rows of two tables, and rows as objects again.

Here: the shape of ``catalogue.releases`` and ``catalogue.entries``. Not here: when they are written or read
(``releases.py``). Bodies hold every field, defaults included, so that a later version's defaults change no
release.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import pyarrow as pa
from pydantic import BaseModel

from resource_catalogue.agency import Agency
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.code_list import Code, CodeList
from resource_catalogue.dataset import Dataset
from resource_catalogue.joint_collection import JointCollection
from resource_catalogue.profile import Profile
from resource_catalogue.release import Release, body_hash
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.words import TableName

RELEASES = TableName("catalogue", "releases")
"""One row per catalogue release, with the profile it was made under."""
ENTRIES = TableName("catalogue", "entries")
"""One row per release and entry (agency, resource, register, dataset, joint collection, code list): state, JSON."""

RELEASES_SCHEMA = pa.schema(
    [
        ("number", pa.int64()),
        ("hash", pa.string()),
        ("published_at", pa.timestamp("us", tz="UTC")),
        ("registered_by", pa.string()),
        ("reviewed_by", pa.string()),
        ("profile_id", pa.string()),
        ("profile_version", pa.int64()),
        ("profile_json", pa.string()),
    ]
)
ENTRIES_SCHEMA = pa.schema(
    [
        ("release", pa.int64()),
        ("kind", pa.string()),
        ("id", pa.string()),
        ("state", pa.string()),
        ("hash", pa.string()),
        ("body", pa.string()),
    ]
)

Row = dict[str, Any]
Shape = TypeVar("Shape", bound=BaseModel)


def release_row(new: Release) -> Row:
    """Return the row of ``catalogue.releases``."""
    return {
        "number": new.number,
        "hash": new.hash,
        "published_at": new.published_at,
        "registered_by": new.registered_by,
        "reviewed_by": new.reviewed_by,
        "profile_id": new.profile.id,
        "profile_version": new.profile.version,
        "profile_json": new.profile.model_dump_json(by_alias=True),
    }


def entry_rows(new: Release) -> Iterator[Row]:
    """Yield the rows of ``catalogue.entries``; agencies, registers and code lists are always ``listed``."""
    known = new.catalogue
    groups: tuple[tuple[str, Mapping[str, BaseModel]], ...] = (
        ("agency", known.agencies),
        ("resource", known.resources),
        ("register", known.registers),
        ("dataset", known.datasets),
        ("joint_collection", known.joint_collections),
    )
    for kind, entries in groups:
        for entry_id, entry in sorted(entries.items()):
            state = new.states.get(entry_id, "listed") if kind in ("resource", "dataset") else "listed"
            body = entry.model_dump_json(by_alias=True)
            yield {
                "release": new.number,
                "kind": kind,
                "id": entry_id,
                "state": state,
                "hash": body_hash(entry),
                "body": body,
            }
    for name, codes in sorted(known.code_lists.items()):
        body = _codes_json(codes)
        yield {
            "release": new.number,
            "kind": "code_list",
            "id": name,
            "state": "listed",
            "hash": codes.hash,
            "body": body,
        }


def rebuilt(row: Row, entries: Iterable[Row]) -> Release:
    """Return a release from its row and the rows of its entries.

    Raises:
        ValidationError: This version of the platform cannot read a body.
    """
    found = sorted(entries, key=lambda entry: (entry["kind"], entry["id"]))
    catalogue = Catalogue(
        agencies=_bodies(found, "agency", Agency),
        resources=_bodies(found, "resource", Resource),
        registers=_bodies(found, "register", SourceRegister),
        datasets=_bodies(found, "dataset", Dataset),
        joint_collections=_bodies(found, "joint_collection", JointCollection),
        code_lists={e["id"]: _codes(e["id"], e["body"]) for e in found if e["kind"] == "code_list"},
    )
    return Release(
        number=row["number"],
        hash=row["hash"],
        published_at=row["published_at"].astimezone(dt.UTC),
        registered_by=row["registered_by"],
        reviewed_by=row["reviewed_by"],
        profile=Profile.model_validate_json(row["profile_json"]),
        catalogue=catalogue,
        states={e["id"]: e["state"] for e in found if e["kind"] in ("resource", "dataset")},
    )


def _bodies(entries: Iterable[Row], kind: str, shape: type[Shape]) -> dict[str, Shape]:
    return {e["id"]: shape.model_validate_json(e["body"]) for e in entries if e["kind"] == kind}


def _codes_json(codes: CodeList) -> str:
    rows = [
        (
            code.code,
            code.name,
            _iso(code.valid_from),
            _iso(code.valid_to),
            code.level,
            code.successors,
            code.kind,
        )
        for code in codes.codes
    ]
    return json.dumps(rows, ensure_ascii=False)


def _codes(name: str, body: str) -> CodeList:
    rows = (
        Code(code, label, _day(valid_from), _day(valid_to), level, tuple(successors), kind)
        for code, label, valid_from, valid_to, level, successors, kind in json.loads(body)
    )
    return CodeList(name, tuple(rows))


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
