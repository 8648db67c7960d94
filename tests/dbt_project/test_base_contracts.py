"""The contracts of the base models list the platform's own attributes, with the types of its claims."""

from pathlib import Path

import pytest
import yaml

from lake.claims import SQL_TYPES
from resource_catalogue.entities import ENTITIES, Entity

BASE = Path(__file__).parents[2] / "dbt_project" / "models" / "base"
MODELS = {model["name"]: model for model in yaml.safe_load((BASE / "_base.yml").read_text("utf-8"))["models"]}
ORIGIN = {
    "agency_id": "varchar",
    "delivery_id": "varchar",
    "row_number": "bigint",
    "is_provisional": "boolean",
}


def wanted(entity: Entity) -> dict[str, str]:
    """Return the columns of a base table: key, each attribute with where it came from, divisions."""
    found = {f"{entity.name}_key": "varchar"}
    for attribute in entity.attributes:
        found[attribute.name] = SQL_TYPES[attribute.type]
        found |= {f"{attribute.name}__{part}": kind for part, kind in ORIGIN.items()}
    return found | {"county_division_code": "varchar", "city_division_code": "varchar"}


def test_every_base_model_has_an_enforced_contract() -> None:
    assert set(MODELS) == {path.stem for path in BASE.glob("*.sql")} == set(ENTITIES)
    assert all(model["config"]["contract"] == {"enforced": True} for model in MODELS.values())


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=lambda entity: entity.name)
def test_a_contract_lists_the_entitys_columns_and_types(entity: Entity) -> None:
    listed = {column["name"]: column["data_type"] for column in MODELS[entity.name]["columns"]}
    own = wanted(entity)
    assert list(listed) == list(own), (
        f"only in dbt: {set(listed) - set(own)}; missing: {set(own) - set(listed)}"
    )
    assert listed == own
