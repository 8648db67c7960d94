"""Claims project every contributing resource to one shape; the register's roles are written out per scope."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from lake import Lake
from lake.claims import claim_inputs, register_claims
from lake.register import ROLES, refresh_register, roles
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.entities import ENTITIES
from resource_catalogue.profile import Profile
from resource_catalogue.release import EntryState, Release
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.words import standard_table

DAY = dt.date(2026, 3, 16)
CODE = {"name": "credit_code", "zh": "代码", "type": "credit_code", "base": "organisation.credit_code"}
CAPITAL = {"name": "money_cny", "zh": "资本", "type": "money", "base": "organisation.registered_capital_cny"}
TITLE = {"name": "title", "zh": "名称", "type": "text", "base": "organisation.name"}


def a_resource(name: str, *columns: Mapping[str, Any]) -> Resource:
    """Declare a contributing resource."""
    label = {"zh": "名录", "en": "list"}
    agency = name.split(".")[0]
    return Resource.model_validate(
        {
            "id": name, "code": name, "name": label, "summary": label, "class": "base", "categories": ("x",),
            "agencies": {"collecting": agency, "reviewing": agency, "providing": agency}, "grain": label,
            "obtained_by": "generated", "form": "structured", "format": "file", "subject": "organisation",
            "key": (), "update": {"frequency": "daily"}, "share": {"type": "open_to_all"},
            "open": {"type": "open_to_all"}, "source": {"path": "*"}, "columns": columns,
        }
    )  # fmt: skip


def an_entry(source: str, attributes: Sequence[str] = ("name",), **changes: Any) -> dict[str, Any]:
    """Decide a source for attributes of an organisation."""
    decided = {"by": "authority", "doc_no": "1", "on": "2025-12-01"}
    return {
        "attribute": attributes,
        "source": source,
        "valid": {"from": "2026-01-01"},
        "decided": decided,
        **changes,
    }


def a_release(
    resources: Sequence[Resource], *entries: dict[str, Any], suspended: Sequence[str] = ()
) -> Release:
    """Publish resources and one register of organisations."""
    register = SourceRegister.model_validate(
        {"base": "organisation", "entity": "organisation", "entries": entries}
    )
    catalogue = Catalogue(resources={r.id: r for r in resources}, registers={"organisation": register})
    states: dict[str, EntryState] = {r.id: "suspended" if r.id in suspended else "listed" for r in resources}
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return Release(1, "h", published, "r", "v", Profile.model_construct(id="p", version=1), catalogue, states)


def write(lake: Lake, resource: Resource, *rows: Mapping[str, Any]) -> None:
    """Write a standard table: what a row does not say is null."""
    types: dict[str, Any] = {
        "_delivery_id": pl.String, "_row_number": pl.Int64, "_row_key": pl.String, "_organisation_key": pl.String,
        "_order_key": pl.String, "_collected_at": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    for column in resource.columns:
        types[column.name] = pl.Decimal(20, 2) if column.type == "money" else pl.String
    full = [{name: row.get(name) for name in types} for row in rows]
    lake.overwrite(standard_table(resource.id), pl.DataFrame(full, schema=types))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return an empty lake."""
    return Lake(tmp_path / "lake", threads=1)


@pytest.fixture
def connection(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection of the lake."""
    with lake.connect() as opened:
        yield opened


REGISTRY = a_resource("registry.entities", CODE, TITLE, CAPITAL)
TAX = a_resource("tax.payers", {**TITLE, "name": "payer"}, CODE)


def test_claims_of_every_contributor_stand_in_one_shape(
    lake: Lake, connection: duckdb.DuckDBPyConnection
) -> None:
    release = a_release([REGISTRY, TAX])
    write(
        lake,
        REGISTRY,
        {"_row_number": 1, "credit_code": "91A", "title": "甲", "money_cny": 5, "_order_key": "o"},
    )
    write(lake, TAX, {"_row_number": 7, "_organisation_key": "k", "credit_code": "91A", "payer": "甲公司"})
    register_claims(connection, lake, release, ["organisation"])
    found = connection.execute(
        "select _resource_id, _agency_id, _row_number, _subject_key, credit_code, name, registered_capital_cny "
        "from claims.organisation order by 1"
    ).fetchall()
    assert found[0][:4] == ("registry.entities", "registry", 1, None)
    assert found[0][4:6] == ("91A", "甲")
    assert float(found[0][6]) == 5
    assert found[1] == ("tax.payers", "tax", 7, "k", "91A", "甲公司", None)


def test_a_view_exists_for_every_entity_even_without_a_contributor(
    lake: Lake, connection: duckdb.DuckDBPyConnection
) -> None:
    register_claims(connection, lake, a_release([REGISTRY]))
    for name, entity in ENTITIES.items():
        columns = [row[0] for row in connection.execute(f"describe claims.{name}").fetchall()]
        assert [attribute.name for attribute in entity.attributes] == columns[8:-1]
        assert columns[-1] == "_scope"
        assert connection.execute(f"select count(*) from claims.{name}").fetchone() == (0,)


def test_a_resource_that_is_not_listed_makes_no_claims(
    lake: Lake, connection: duckdb.DuckDBPyConnection
) -> None:
    release = a_release([REGISTRY, TAX], suspended=["tax.payers"])
    write(lake, REGISTRY, {"_row_number": 1})
    write(lake, TAX, {"_row_number": 1})
    register_claims(connection, lake, release, ["organisation"])
    assert connection.execute("select _resource_id from claims.organisation").fetchall() == [
        ("registry.entities",)
    ]
    assert claim_inputs(release, "organisation") == [standard_table("registry.entities")]


def test_a_claim_carries_the_scope_that_the_register_knows(
    lake: Lake, connection: duckdb.DuckDBPyConnection
) -> None:
    release = a_release(
        [REGISTRY],
        an_entry("registry.entities", scope={"registrar": "9"}),
        an_entry("registry.entities", scope={"registrar": "5"}),
    )
    codes = ["91A", "52B", "11C", None]
    write(lake, REGISTRY, *({"_row_number": n, "credit_code": code} for n, code in enumerate(codes)))
    register_claims(connection, lake, release, ["organisation"])
    found = connection.execute("select _scope from claims.organisation order by _row_number").fetchall()
    assert found == [("9",), ("5",), ("*",), ("*",)]


@pytest.mark.requirement("K-02")
def test_roles_are_written_out_per_scope_and_attribute() -> None:
    release = a_release(
        [REGISTRY, TAX],
        an_entry("registry.entities", ["name", "status"], scope={"registrar": "9"}, compare=["tax.payers"]),
        an_entry("tax.payers", ["phone"], compare=["registry.entities"], if_absent="provisional"),
    )
    assert roles(release, DAY) == [
        ("organisation", "name", "registry.entities", "9", "source"),
        ("organisation", "name", "tax.payers", "9", "comparison"),
        ("organisation", "phone", "registry.entities", "*", "provisional"),
        ("organisation", "phone", "registry.entities", "9", "provisional"),
        ("organisation", "phone", "tax.payers", "*", "source"),
        ("organisation", "phone", "tax.payers", "9", "source"),
        ("organisation", "status", "registry.entities", "9", "source"),
        ("organisation", "status", "tax.payers", "9", "comparison"),
    ]


def test_every_claim_of_a_source_finds_its_role(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    release = a_release([REGISTRY], an_entry("registry.entities", scope={"registrar": "9"}))
    write(lake, REGISTRY, {"credit_code": "91A", "title": "甲"}, {"credit_code": "52B", "title": "乙"})
    refresh_register(lake, release, DAY)
    register_claims(connection, lake, release, ["organisation"])
    lake.register(connection, ROLES)
    found = connection.execute(
        "select c.name from claims.organisation c join register.roles r on r.resource_id = c._resource_id "
        "and r.scope = c._scope where r.entity = 'organisation' and r.attribute = 'name' and r.role = 'source'"
    ).fetchall()
    assert found == [("甲",)]


@pytest.mark.parametrize(("day", "count"), [(DAY, 1), (dt.date(2025, 12, 31), 0)])
@pytest.mark.requirement("K-02")
def test_an_entry_holds_only_in_its_period(day: dt.date, count: int) -> None:
    assert len(roles(a_release([REGISTRY], an_entry("registry.entities")), day)) == count


def test_the_register_is_written_once_per_content(lake: Lake) -> None:
    release = a_release([REGISTRY], an_entry("registry.entities"))
    assert refresh_register(lake, release, DAY)
    assert not refresh_register(lake, release, DAY + dt.timedelta(days=1))
    assert lake.version(ROLES) == 0
    assert refresh_register(lake, a_release([REGISTRY]), DAY)
    assert lake.row_count(ROLES) == 0
