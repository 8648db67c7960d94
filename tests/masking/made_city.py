"""A city of two resources and two datasets, with made-up identity numbers (division 3299)."""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import polars as pl

from lake import Lake
from norms.citizen_id import check_character
from norms.credit_code import check_character as credit_check
from norms.organisation_code import check_character as organisation_check
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.dataset import Dataset
from resource_catalogue.deployment import Deployment
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.settings import Settings
from resource_catalogue.words import TableName

AS_OF = dt.datetime(2026, 3, 16, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
ENTITIES_TABLE, PERSON_TABLE = TableName("standard", "market__entities"), TableName("base", "person")
LIST_SQL = "select credit_code, entity_name, entity_kind, scope from standard.market__entities"
COUNT_SQL = (
    "select county_division_code, sex, date_of_birth, count(*) as persons from base.person group by all"
)


def citizen_id(seed: int) -> str:
    """Make an identity number with a right check character."""
    lot = random.Random(seed)
    first17 = (
        f"3299{lot.randint(1, 20):02d}{lot.randint(1940, 2012)}"
        f"{lot.randint(1, 12):02d}{lot.randint(1, 28):02d}"
        f"{lot.randint(1, 999):03d}"
    )
    return first17 + check_character(first17)


def credit_code(number: int) -> str:
    """Make a credit code with right check characters."""
    inner = f"MA{number:06d}"
    first17 = "91329901" + inner + organisation_check(inner)
    return first17 + credit_check(first17)


def _column(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "zh": name, "type": kind, **more}


def resource(resource_id: str, open_type: str, columns: list[dict[str, Any]], **more: Any) -> Resource:
    """Make a resource from what matters here."""
    agency, name = resource_id.split(".")
    shape: dict[str, Any] = {
        "id": resource_id,
        "code": "1/1",
        "name": {"zh": name, "en": name},
        "summary": {"zh": name},
        "class": "department",
        "categories": ["market"],
        "agencies": {"collecting": agency, "reviewing": agency, "providing": agency},
        "obtained_by": "collected",
        "form": "structured",
        "format": "database",
        "subject": "none",
        "grain": {"zh": "行"},
        "key": [columns[0]["name"]],
        "update": {"frequency": "daily"},
        "share": {"type": "conditional"},
        "open": {"type": open_type},
        "source": {"path": "x.csv"},
        "columns": columns,
    }
    return Resource.model_validate(shape | more)


ENTITIES = resource(
    "market.entities",
    "open_to_all",
    [
        _column("credit_code", "credit_code", base="organisation.credit_code"),
        _column(
            "entity_name",
            "text",
            base="organisation.name",
            sensitive_when="entity_kind = 'individual_business'",
        ),
        _column("entity_kind", "code", base="organisation.legal_form"),
        _column("representative_id", "citizen_id", open="none"),
        _column("remark", "text"),
        _column("scope", "text", open="open_to_all"),
        _column("capital_cny", "money"),
    ],
)
HOUSEHOLDS = resource(
    "police.households",
    "none",
    [
        _column("citizen_id", "citizen_id", base="person.citizen_id"),
        _column("name", "person_name", base="person.name"),
        _column("sex", "code", base="person.sex"),
        _column("date_of_birth", "date", base="person.date_of_birth"),
        _column("division_code", "division", base="person.registered_division_code"),
    ],
)


def dataset(kind: str, columns: list[dict[str, Any]], **more: Any) -> Dataset:
    """Make a dataset: ``entities_list`` of market.entities, or ``population`` of the base."""
    is_list = kind == "list"
    shape: dict[str, Any] = {
        "id": "entities_list" if is_list else "population",
        "title": {"zh": "名录" if is_list else "人口", "en": "Entities" if is_list else "Population"},
        "summary": {"zh": "示例"},
        "agency": "market" if is_list else "police",
        "entry": "market.entities" if is_list else None,
        "kind": kind,
        "open_type": "open_to_all",
        "categories": ["market"],
        "update_frequency": "daily",
        "sources": ["market.entities" if is_list else "police.households"],
        "columns": [{"zh": c["name"], **c} for c in columns],
    }
    return Dataset.model_validate(shape | more)


LIST = dataset(
    "list",
    [
        {"name": "credit_code"},
        {"name": "entity_name", "mask": "suppress_when_sensitive"},
        {"name": "entity_kind"},
        {"name": "scope"},
    ],
)
POPULATION = dataset(
    "statistics",
    [
        {"name": "county_division_code", "role": "quasi"},
        {"name": "sex", "role": "quasi"},
        {"name": "date_of_birth", "role": "quasi", "mask": "age_band"},
        {"name": "persons", "role": "count"},
    ],
)


def release(
    *datasets: Dataset, unlisted: tuple[str, ...] = (), profile: str = "yancheng", **more: Any
) -> Release:
    """Make a release in which everything is listed except what is named."""
    resources = {r.id: r for r in more.get("resources", (ENTITIES, HOUSEHOLDS))}
    catalogue = Catalogue(resources=resources, datasets={d.id: d for d in datasets})
    states: dict[str, Any] = dict.fromkeys((*resources, *catalogue.datasets), "listed")
    states |= dict.fromkeys(unlisted, "reviewed")
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return Release(7, "release-hash", published, "r", "v", load_profile(profile), catalogue, states)


def entities_frame(rows: int = 40) -> pl.DataFrame:
    """Make the standard table: every fourth row is an individual business named for a person."""
    return pl.DataFrame(
        {
            "_delivery_id": ["delivery-1"] * rows,
            "_row_key": [f"key{n}" for n in range(rows)],
            "credit_code": [credit_code(n) for n in range(rows)],
            "entity_name": [f"店主张小{n}" if n % 4 == 0 else f"示例公司{n}" for n in range(rows)],
            "entity_kind": ["individual_business" if n % 4 == 0 else "company" for n in range(rows)],
            "representative_id": [citizen_id(n) for n in range(rows)],
            "remark": ["无"] * rows,
            "scope": ["一般项目：食品销售" * 20] * rows,
            "capital_cny": [10_000 * n for n in range(rows)],
        }
    )


def person_frame(cells: dict[tuple[str, str, int], int]) -> pl.DataFrame:
    """Make the base: so many persons per division, sex and year of birth."""
    rows = [
        {
            "citizen_id": citizen_id(int(cell[0]) * 7 + cell[2] * 1_000 + n),
            "name": f"张某{n}",
            "sex": cell[1],
            "date_of_birth": dt.date(cell[2], 1, 1),
            "county_division_code": cell[0],
        }
        for cell, size in cells.items()
        for n in range(size)
    ]
    return pl.DataFrame(rows)


def make_lake(root: Path, entities: pl.DataFrame | None = None, persons: pl.DataFrame | None = None) -> Lake:
    """Write the tables of the city."""
    lake = Lake(root / "lake", threads=1)
    if entities is not None:
        lake.overwrite(ENTITIES_TABLE, entities)
    if persons is not None:
        lake.overwrite(PERSON_TABLE, persons)
    return lake


def build(lake: Lake, dataset_id: str, sql: str) -> str:
    """Build the candidate of a dataset from its query, as dbt does, and return the query."""
    tables = [t for t in (ENTITIES_TABLE, PERSON_TABLE) if lake.exists(t)]
    lake.overwrite(TableName("candidate", dataset_id), lake.query(sql, *tables))
    return sql


def deployment(home: Path, **settings: Any) -> Deployment:
    """Make a deployment whose settings are the defaults."""
    return Deployment(home, Settings(profile="yancheng", **settings))
