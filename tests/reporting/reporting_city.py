"""A small city whose files are really ingested; its base, findings and tasks are laid out by hand.

Three agencies speak: the market regulator (source of organisations), labour (compared with it, source of
insured counts), the police (persons). Every value of a person and every rejected line carries a marker that
no report shows.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from casework.rectification import reconcile
from casework.state import State, open_state
from ingestion.ingest import ingest_resource
from lake import Lake
from lake.releases import publish
from lake.tables import FINDINGS, OPENED, RESULTS, SCHEMAS
from resource_catalogue.agency import Agency
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.dataset import Dataset
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import ENTITIES
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.words import TableName, base_table, standard_table

AS_OF = dt.datetime(2026, 3, 25, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
FIRM, SHOP, SILENT = "91330100799655058B", "9144030071526726XG", "91110000802100433B"
BAD_CODE = "91330100799655058A"
CITIZEN, BAD_CITIZEN = "11010519491231002X", "110105194912310021"
PERSON = "植入标记甲"
SHOP_NAME, SHOP_NAME_AT_LABOUR = "植入标记乙商行", "植入标记乙店"
REJECTED = "植入标记丙"
FOREIGN_HEADING = "植入标记丁"
MARKERS = ("植入标记", CITIZEN, BAD_CITIZEN, FIRM, SHOP, SILENT, BAD_CODE)
"""What stands in the data and must stand in no report."""

MARKET, LABOUR, POLICE = "market.registration", "labour.units", "police.household"
IDENTIFIER_RULE = f"{MARKET}:identifier:credit_code"
AGREEMENT_RULE = f"{LABOUR}:agreement:unit_name"


@dataclass(frozen=True)
class City:
    """Hold the deployment and all that reports read."""

    deployment: Deployment
    lake: Lake
    release: Release
    state: State

    def rows(self, resource: str) -> list[dict[str, Any]]:
        """Return the standard rows of a resource in order."""
        table = standard_table(resource)
        return self.lake.query(f"select * from {table} order by _delivery_id, _row_number", table).to_dicts()

    def row_of(self, resource: str, column: str, value: str) -> dict[str, Any]:
        """Return the last standard row with a value."""
        return [row for row in self.rows(resource) if row[column] == value][-1]


def an_agency(name: str, **more: Any) -> Agency:
    """Declare an agency with all posts that cases need."""
    posts = ("registrar", "reviewer", "quality_officer", "data_officer")
    body = {
        "id": name, "name": {"zh": f"示例市{name}", "en": name},
        "short_name": {"zh": f"市{name}", "en": name},
        "credit_code": "11329900009000015E", "legal_kind": "administrative_organ", "functions": [name],
        "tier": "city", "division_code": "329900", "node": "city", "valid": {"from": "2019-01-10"},
        "posts": [{"post": post, "title": {"zh": post}} for post in posts], **more,
    }  # fmt: skip
    return Agency.model_validate(body)


def a_resource(name: str, subject: str, columns: list[dict[str, Any]], **more: Any) -> Resource:
    """Declare a resource whose files lie in its agency's folder."""
    agency = name.split(".")[0]
    label = {"zh": f"资源{name}", "en": name}
    body = {
        "id": name, "code": "3/1", "name": label, "summary": label, "class": "department",
        "agencies": {"collecting": agency, "reviewing": agency, "providing": agency},
        "categories": ["x"], "obtained_by": "collected",
        "form": "structured", "format": "file", "subject": subject, "grain": label,
        "key": [columns[0]["name"]], "update": {"frequency": "yearly"}, "share": {"type": "open_to_all"},
        "open": {"type": "open_to_all"}, "source": {"path": f"{agency}/*.csv"}, "columns": columns, **more,
    }  # fmt: skip
    return Resource.model_validate(body)


def _resources() -> list[Resource]:
    code = {"name": "credit_code", "zh": "信用代码", "type": "credit_code", "required": True,
            "base": "organisation.credit_code"}  # fmt: skip
    name = {"name": "entity_name", "zh": "企业名称", "type": "text", "base": "organisation.name",
            "sensitive_when": "entity_kind = 'individual'"}  # fmt: skip
    kind = {"name": "entity_kind", "zh": "类型", "type": "text", "base": "organisation.legal_form"}
    boss = {"name": "boss", "zh": "法定代表人", "type": "person_name",
            "base": "organisation.legal_representative_name"}  # fmt: skip
    unit = {"name": "unit_name", "zh": "单位名称", "type": "text", "base": "organisation.name"}
    phone = {"name": "phone", "zh": "联系电话", "type": "text", "base": "organisation.phone"}
    insured = {"name": "insured", "zh": "参保人数", "type": "integer", "base": "organisation.insured_count"}
    citizen = {"name": "citizen_id", "zh": "身份号码", "type": "citizen_id", "required": True,
               "base": "person.citizen_id"}  # fmt: skip
    person = {"name": "name", "zh": "姓名", "type": "person_name", "base": "person.name"}
    return [
        a_resource(MARKET, "organisation", [code, name, kind, boss]),
        a_resource(LABOUR, "organisation", [code, unit, insured, phone]),
        a_resource(POLICE, "person", [citizen, person]),
    ]


def _register() -> SourceRegister:
    decided = {"by": "bureau", "doc_no": "示数发〔2025〕3号", "on": "2025-12-20"}
    common = {"valid": {"from": "2026-01-01"}, "decided": decided}
    statute = "xinjiang.organisation.market_entity_registration"
    return SourceRegister.model_validate(
        {
            "base": "organisation", "entity": "organisation",
            "entries": [
                {"attribute": ["credit_code", "name", "legal_form", "legal_representative_name"],
                 "scope": {"registrar": "9"}, "source": MARKET, "statute": statute,
                 "compare": [LABOUR], **common},
                {"attribute": ["phone"], "source": MARKET, "compare": [LABOUR], "if_absent": "provisional",
                 **common},
                {"attribute": ["insured_count"], "source": LABOUR, **common},
            ],
        }
    )  # fmt: skip


def _dataset() -> Dataset:
    columns = [{"name": "entity_name", "zh": "名称", "en": "Name", "mask": "suppress_when_sensitive"}]
    return Dataset.model_validate(
        {
            "id": "entities", "title": {"zh": "市场主体名录", "en": "Market entities"},
            "summary": {"zh": "名录"}, "agency": "market", "entry": MARKET, "kind": "list",
            "open_type": "open_to_all", "categories": ["market"], "update_frequency": "weekly",
            "sources": [MARKET], "columns": columns,
        }
    )  # fmt: skip


def a_catalogue() -> Catalogue:
    """Declare the city's agencies, resources, register and dataset."""
    roles = {"bureau": ["authority", "operator"]}
    agencies = [
        an_agency(name, roles=roles.get(name, ["provider"]))
        for name in ("bureau", "labour", "market", "police")
    ]
    return Catalogue(
        agencies={agency.id: agency for agency in agencies},
        resources={resource.id: resource for resource in _resources()},
        registers={"organisation": _register()},
        datasets={"entities": _dataset()},
    )


_FILES = {
    "2026-03-16/market/entities_1.csv": (
        "信用代码,企业名称,类型,法定代表人\n"
        f"{FIRM},示例机械厂,company,{PERSON}\n"
        f"{SHOP},{SHOP_NAME},individual,{PERSON}\n"
        f"{BAD_CODE},示例纺织厂,company,{PERSON}\n"
        f"{FIRM},示例机械有限公司,company,{PERSON}\n"
        f"{REJECTED},a,b,c,d,e,{CITIZEN}\n"
    ),
    "2026-03-25/market/entities_2.csv": (
        f"信用代码,企业名称,类型,法定代表人\n{FIRM},示例机械厂,company,{PERSON}\n"
    ),
    "2026-03-16/labour/units.csv": (
        f"2026年参保单位\n信用代码,单位名称,参保人数,联系电话,{FOREIGN_HEADING}\n"
        f"{FIRM},示例机械公司,12,051200000000,x\n"
        f"{SHOP},{SHOP_NAME_AT_LABOUR},1,,x\n"
        f"{SILENT},示例粮油站,3,,x\n"
    ),
    "2026-03-16/police/people.csv": f"身份号码,姓名\n{CITIZEN},{PERSON}\n{BAD_CITIZEN},{PERSON}\n",
}


def _deployment(home: Path) -> Deployment:
    toml = (
        'profile = "yancheng"\nas_of = "2026-03-25T09:00:00+08:00"\n'
        '[deployment]\nid = "small"\nname = { zh = "示例小城平台", en = "Small city" }\n'
        'division_code = "329900"\n'
        '[ingestion]\ninbox = "feeds"\narrival = "folder"\n'
    )
    home.mkdir()
    (home / "civiclake.toml").write_text(toml, encoding="utf-8")
    for name, text in _FILES.items():
        path = home / "feeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Deployment.open(home)


def write_table(lake: Lake, table: TableName, rows: list[dict[str, Any]]) -> None:
    """Write a system table anew."""
    blank = pl.from_arrow(SCHEMAS[table].empty_table())
    assert isinstance(blank, pl.DataFrame)
    given = [{name: row.get(name) for name in blank.columns} for row in rows]
    data = pl.DataFrame(given, schema=blank.schema).to_arrow(compat_level=pl.CompatLevel.oldest())
    lake.overwrite(table, data.cast(SCHEMAS[table]))


def write_base(
    lake: Lake, entity: str, subjects: Mapping[str, Mapping[str, tuple[Any, dict[str, Any], bool]]]
) -> None:
    """Write a base table: by subject key and attribute the value, its standard row, whether provisional."""
    types = {"integer": pl.Int64, "date": pl.Date, "decimal": pl.Decimal(20, 2), "double": pl.Float64}
    schema: dict[str, Any] = {f"{entity}_key": pl.String}
    for attribute in ENTITIES[entity].attributes:
        schema[attribute.name] = types.get(attribute.type, pl.String)
        for part, kind in (("agency_id", pl.String), ("delivery_id", pl.String), ("row_number", pl.Int64)):
            schema[f"{attribute.name}__{part}"] = kind
        schema[f"{attribute.name}__is_provisional"] = pl.Boolean
    rows = []
    for key, given in subjects.items():
        row: dict[str, Any] = dict.fromkeys(schema)
        row[f"{entity}_key"] = key
        for name, (value, standard, is_provisional) in given.items():
            row[name] = value
            row[f"{name}__delivery_id"] = standard["_delivery_id"]
            row[f"{name}__row_number"] = standard["_row_number"]
            row[f"{name}__is_provisional"] = is_provisional
        rows.append(row)
    lake.overwrite(base_table(entity), pl.DataFrame(rows, schema=schema))


def _write_bases(city: City) -> None:
    firm, shop = (
        city.row_of(MARKET, "entity_name", "示例机械有限公司"),
        city.row_of(MARKET, "credit_code", SHOP),
    )
    unit = city.row_of(LABOUR, "credit_code", FIRM)
    firm_values = {
        "credit_code": (FIRM, firm, False),
        "name": ("示例机械有限公司", firm, False),
        "legal_form": ("company", firm, False),
        "legal_representative_name": (PERSON, firm, False),
        "phone": ("051200000000", unit, True),
        "insured_count": (12, unit, False),
    }
    shop_values = {"credit_code": (SHOP, shop, False), "name": (SHOP_NAME, shop, False)}
    write_base(
        city.lake,
        "organisation",
        {firm["_organisation_key"]: firm_values, shop["_organisation_key"]: shop_values},
    )
    person = city.row_of(POLICE, "citizen_id", CITIZEN)
    values = {"citizen_id": (CITIZEN, person, False), "name": (PERSON, person, False)}
    write_base(city.lake, "person", {person["_person_key"]: values})


def _finding(city: City, rule: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    resource, check, column = rule.split(":")
    return {
        "finding_id": f"{rule}/{row['_row_number']}", "rule_id": rule, "rule_version": "1", "check": check,
        "agency_id": resource.split(".")[0], "resource_id": resource, "column": column,
        "row_key": row["_row_key"], "delivery_id": row["_delivery_id"], "row_number": row["_row_number"],
        "file_name": "file.csv", "sheet": "", "line": row["_line"], "first_seen": AS_OF, "release": 1,
        "profile": city.release.profile.reference, "severity": "error", **more,
    }  # fmt: skip


def _result(
    rule: str, indicator: str, evaluated: int, unexpected: int, state: str, **more: Any
) -> dict[str, Any]:
    resource, check, column = rule.split(":")
    return {
        "rule_id": rule, "rule_version": "1", "check": check, "indicator": indicator, "severity": "error",
        "agency_id": resource.split(".")[0], "resource_id": resource, "column": column,
        "evaluated": evaluated,
        "unexpected": unexpected, "state": state, "fingerprint": "f", "as_of": AS_OF, "release": 1,
        "profile": "p@1", **more,
    }  # fmt: skip


def _write_quality(city: City) -> None:
    broken = next(row for row in city.rows(MARKET) if row["credit_code"] is None)
    differing = city.row_of(LABOUR, "credit_code", FIRM)
    findings = [
        _finding(city, IDENTIFIER_RULE, broken, indicator="0301", reason="wrong_check_digit"),
        _finding(city, AGREEMENT_RULE, differing, indicator="0401", reason="differs_from_source"),
    ]
    results = [
        _result(IDENTIFIER_RULE, "0301", 4, 1, "failed"),
        _result(AGREEMENT_RULE, "0401", 2, 1, "failed"),
        _result(f"{MARKET}:required:credit_code", "0201", 4, 0, "passed"),
        _result(f"{MARKET}:freshness:", "0502", 1, 0, "passed"),
        _result(f"{MARKET}:unique:credit_code", "0304", 0, 0, "crashed"),
        _result(f"{POLICE}:required:citizen_id", "0201", 0, 0, "not_assessed"),
    ]
    write_table(city.lake, FINDINGS, findings)
    write_table(city.lake, RESULTS, results)


def _write_opened(city: City) -> None:
    opened = {
        "dataset": "entities", "rows": 2, "k": None, "open_type": "open_to_all", "manifest_hash": "h",
        "files": ["entities.csv"], "state": "opened", "reason": "", "opened_at": AS_OF, "release": 1,
        "profile": "yancheng@1",
    }  # fmt: skip
    refused = opened | {
        "dataset": "people", "rows": 0, "files": [], "state": "refused", "opened_at": None,
        "reason": "name: 个人信息 / personal data → 脱敏 / mask it",
    }  # fmt: skip
    cells = opened | {"dataset": "cells", "k": 23, "files": ["cells.csv"]}
    write_table(city.lake, OPENED, [opened, refused, cells])
    mask = {"name": "suppress_when_sensitive", "zh": "个人信息的行置空", "en": "left empty where personal"}
    manifest = {
        "columns": [{"name": "entity_name", "zh": "名称", "en": "Name", "mask": mask}],
        "minimum_cell": {"k_asked": 20, "k_reached": None},
        "attribution": {
            "fields": ["source"],
            "article": "a34¶2",
            "zh": "数据来源：示例",
            "en": "Source: example",
        },
    }
    for dataset in ("entities", "cells"):
        folder = city.deployment.var / "open" / dataset
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def build_city(home: Path) -> City:
    """Build the whole city in a new folder."""
    deployment = _deployment(home)
    lake = Lake(deployment.lake_root, deployment.var / "tmp", 1)
    profile = load_profile("yancheng")
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    release = publish(lake, a_catalogue(), profile, published, "bureau/registrar", "bureau/reviewer")
    for resource in release.listed_resources():
        while ingest_resource(lake, deployment, release, resource.id, AS_OF).waiting:
            continue
    city = City(deployment, lake, release, open_state(deployment.casework_url))
    _write_bases(city)
    _write_quality(city)
    _write_opened(city)
    reconcile(city.state, lake, release, AS_OF)
    return city
