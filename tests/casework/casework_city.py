"""A small city built by hand: two agencies, an operator, an authority, a lake without ingestion or checks."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from casework.actors import Actor
from lake import Lake
from lake.tables import DELIVERIES, FINDINGS, REJECTED_ROWS, REPLACED_ROWS, RESULTS, SCHEMAS
from resource_catalogue.agency import Agency
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table, standard_table

RESOURCE = "market.entities"
RULE = "market.entities:identifier:credit_code"
PLANTED = "320901199001011234"
"""A personal value that raw and standard rows hold and that must not leave the lake."""

OFFICER = Actor("data_centre", "quality_officer")
STEWARD = Actor("market", "data_officer")


def at(text_: str) -> dt.datetime:
    """Read a local instant; a bare day means nine o'clock."""
    stamp = dt.datetime.fromisoformat(text_ if "T" in text_ else text_ + "T09:00:00")
    return stamp.replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def finding(number: int, **changed: Any) -> dict[str, Any]:
    """Return a finding on row ``number`` of delivery d1; its key follows the number."""
    row = {
        "finding_id": f"f{number}",
        "rule_id": RULE,
        "rule_version": "1",
        "check": "identifier",
        "indicator": "0301",
        "severity": "error",
        "agency_id": "market",
        "resource_id": RESOURCE,
        "column": "credit_code",
        "reason": "checksum",
        "row_key": f"k{number}",
        "delivery_id": "d1",
        "row_number": number,
        "file_name": "2026-02-12/market/entities_1.csv",
        "sheet": "",
        "line": number + 1,
        "first_seen": at("2026-02-12"),
        "release": 1,
        "profile": "yancheng@1",
    }
    return row | changed


@dataclass
class City:
    """Hold the lake and the release, and write tables as other rooms would."""

    lake: Lake
    release: Release

    def found(self, *findings: dict[str, Any]) -> None:
        self._overwrite(FINDINGS, list(findings))

    def results(self, **states: str) -> None:
        rows = [
            dict.fromkeys(SCHEMAS[RESULTS].names) | {"rule_id": rule, "state": state}
            for rule, state in states.items()
        ]
        self._overwrite(RESULTS, rows)

    def standard(self, *keys: str, delivery: str = "d1", resource: str = RESOURCE) -> None:
        rows = [
            {
                "_delivery_id": delivery,
                "_row_number": number,
                "_row_key": key,
                "credit_code": None,
                "credit_code__original": f"={PLANTED}",
                "name": f"name {PLANTED}",
                "name__original": None,
            }
            for number, key in enumerate(keys, start=1)
        ]
        self.lake.overwrite(standard_table(resource), pa.Table.from_pylist(rows, schema=STANDARD))

    def raw(self, *rows: dict[str, Any], resource: str = RESOURCE) -> None:
        self.lake.overwrite(raw_table(resource), pa.Table.from_pylist(list(rows), schema=RAW))

    def replaced(self, *links: tuple[str, int, str, str, int]) -> None:
        names = [name for name in SCHEMAS[REPLACED_ROWS].names if name != "resource_id"]
        self._overwrite(
            REPLACED_ROWS, [{"resource_id": RESOURCE} | dict(zip(names, link, strict=True)) for link in links]
        )

    def rejected(self, delivery_id: str, row_number: int, line_text: str) -> None:
        row = dict.fromkeys(SCHEMAS[REJECTED_ROWS].names)
        row |= {
            "delivery_id": delivery_id,
            "resource_id": RESOURCE,
            "row_number": row_number,
            "text": line_text,
        }
        self._overwrite(REJECTED_ROWS, [row])

    def delivery(self, delivery_id: str, state: str) -> None:
        row = dict.fromkeys(SCHEMAS[DELIVERIES].names)
        row |= {"delivery_id": delivery_id, "resource_id": RESOURCE, "agency_id": "market", "state": state}
        self.lake.merge(DELIVERIES, pa.Table.from_pylist([row], schema=SCHEMAS[DELIVERIES]), ["delivery_id"])

    def under(self, profile: str, *without_roles: str) -> "City":
        """Return the same city under another profile, its agencies without some roles."""
        agencies = {
            agency.id: agency.model_copy(
                update={"roles": tuple(role for role in agency.roles if role not in without_roles)}
            )
            for agency in self.release.catalogue.agencies.values()
        }
        catalogue = replace(self.release.catalogue, agencies=agencies)
        return City(self.lake, replace(self.release, profile=load_profile(profile), catalogue=catalogue))

    def _overwrite(self, table: Any, rows: list[dict[str, Any]]) -> None:
        self.lake.overwrite(table, pa.Table.from_pylist(rows, schema=SCHEMAS[table]))


STANDARD = pa.schema(
    [
        ("_delivery_id", pa.string()),
        ("_row_number", pa.int64()),
        ("_row_key", pa.string()),
        ("credit_code", pa.string()),
        ("credit_code__original", pa.string()),
        ("name", pa.string()),
        ("name__original", pa.string()),
    ]
)
RAW = pa.schema(
    [
        ("_delivery_id", pa.string()),
        ("_row_number", pa.int64()),
        ("_line", pa.int64()),
        ("统一社会信用代码", pa.string()),
        ("主体名称", pa.string()),
    ]
)


def build_city(folder: Path) -> City:
    """Build the city with an empty lake below a folder."""
    agencies = {
        id_: _agency(id_, roles, posts)
        for id_, roles, posts in (
            ("data_bureau", ("authority",), ("quality_officer", "data_officer")),
            ("data_centre", ("operator",), ("quality_officer", "steward")),
            ("market", ("provider",), ("data_officer", "quality_officer")),
            ("tax", ("provider", "consumer"), ("data_officer",)),
        )
    }
    resources = {id_: _resource(id_) for id_ in (RESOURCE, "tax.payers")}
    release = Release(
        number=1,
        hash="0" * 64,
        published_at=at("2026-01-05"),
        registered_by="registrar",
        reviewed_by="reviewer",
        profile=load_profile("yancheng"),
        catalogue=Catalogue(agencies=agencies, resources=resources),
        states=dict.fromkeys(resources, "listed"),
    )
    return City(Lake(folder / "lake", threads=1), release)


def _agency(id_: str, roles: tuple[str, ...], posts: tuple[str, ...]) -> Agency:
    label = {"zh": f"示例{id_}", "en": id_}
    return Agency.model_validate(
        {
            "id": id_,
            "name": label,
            "short_name": label,
            "credit_code": "11329900009000015E",
            "legal_kind": "administrative_organ",
            "functions": ["records"],
            "roles": roles,
            "tier": "city",
            "division_code": "329900",
            "node": "city",
            "valid": {"from": "2019-01-01"},
            "posts": [{"post": post, "title": {"zh": post}} for post in posts],
        }
    )


def _resource(id_: str) -> Resource:
    agency = id_.split(".")[0]
    return Resource.model_validate(
        {
            "id": id_,
            "code": "3073290001/000012",
            "name": {"zh": "主体登记", "en": "Entities"},
            "summary": {"zh": "登记信息"},
            "class": "department",
            "categories": ["market_regulation"],
            "agencies": {"collecting": agency, "reviewing": agency, "providing": agency},
            "obtained_by": "collected",
            "form": "structured",
            "format": "file",
            "subject": "organisation",
            "grain": {"zh": "每行一个主体"},
            "key": ["credit_code"],
            "update": {"frequency": "daily"},
            "share": {"type": "conditional"},
            "open": {"type": "open_to_all"},
            "source": {"path": f"{agency}/*.csv"},
            "columns": [
                {"name": "credit_code", "zh": "统一社会信用代码", "type": "credit_code", "required": True},
                {"name": "name", "zh": "名称", "from": ["主体名称"], "type": "text"},
            ],
        }
    )
