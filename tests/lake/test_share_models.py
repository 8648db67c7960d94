"""Share tables hold what a grant names and nothing else; changes are merged, and what nobody needs is dropped."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from test_dbt_models import City, a_release, a_row

from lake.share_models import ShareClass, build_shares, division_column, served_entries, share_classes
from lake.tables import GRANTS, OPEN_ROWS, SCHEMAS
from resource_catalogue.access_words import share_table
from resource_catalogue.words import TableName

AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
COLUMNS = ("indicator_code", "period", "division_code", "value")
ENTRY = "base.indicator"


def a_grant(
    columns: tuple[str, ...] = COLUMNS, divisions: tuple[str, ...] = (), entry: str = ENTRY, **changes: Any
) -> dict[str, Any]:
    mode = changes.get("mode", "table")
    return {
        "grant_id": "G-2026-0001", "recipient_id": "tax", "agency_id": "tax", "entry": entry,
        "columns": list(columns), "divisions": list(divisions), "mode": mode, "purpose": "p",
        "share_table": str(share_table(entry, columns, divisions, mode)), "valid_from": dt.date(2026, 1, 1),
        "valid_to": None, "state": "in_force", "release": 1, "decided_at": AS_OF,
    } | changes  # fmt: skip


class SharingCity(City):
    """Hold a city whose indicators are shared."""

    def grant(self, *grants: dict[str, Any]) -> None:
        self.lake.overwrite(GRANTS, frame_of(GRANTS, grants))

    def open_cases(self, *rows: dict[str, Any]) -> None:
        self.lake.overwrite(OPEN_ROWS, frame_of(OPEN_ROWS, rows))

    def share(self, is_held: Any = lambda _: False) -> list[str]:
        return [
            m.status for m in build_shares(self.lake, self.deployment, a_release(), AS_OF, is_held).models
        ]

    def shared(self, grant: dict[str, Any]) -> pl.DataFrame:
        return self.lake.read(TableName.parse(grant["share_table"]))


def frame_of(table: TableName, rows: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=SCHEMAS[table])


def a_case(number: int, column: str = "value") -> dict[str, Any]:
    return {"case_id": f"R-2026-000{number}", "resource_id": "statistics.figures", "delivery_id": "d",
            "row_number": number, "row_key": f"k{number}", "column": column}  # fmt: skip


@pytest.fixture
def city(tmp_path: Path) -> SharingCity:
    """Return a city of three indicators in two counties; the second county's has an open case."""
    made = SharingCity(tmp_path / "city", {})
    made.fill(a_row(1), a_row(2, division_code="329902", value=2.5), a_row(3, division_code="329902001000"))
    assert made.build("indicator") == ["success"]
    made.open_cases(a_case(2))
    return made


def test_a_copied_table_has_the_granted_columns_and_rows_and_nothing_else(city: SharingCity) -> None:
    grant = a_grant(divisions=("329902",))
    city.grant(grant)
    assert city.share() == ["success"]
    shared = city.shared(grant)
    assert shared.columns == [*COLUMNS, "under_verification", "verification_cases"]
    assert set(shared["indicator_code"]) == {"i2", "i3"}
    assert dict(zip(shared["indicator_code"], shared["verification_cases"], strict=True)) == {
        "i2": "R-2026-0002",
        "i3": None,
    }
    folder = city.lake.path(TableName.parse(grant["share_table"]))
    bytes_of_all = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"i1" not in bytes_of_all
    assert "元".encode() not in bytes_of_all


def test_a_served_table_is_found_by_the_subject_and_names_each_value_s_agency(city: SharingCity) -> None:
    grant = a_grant(("value",), mode="service")
    city.grant(grant)
    city.share()
    shared = city.shared(grant).sort("_subject_key")
    assert shared.columns == [
        "_subject_key",
        "value",
        "value__agency_id",
        "under_verification",
        "verification_cases",
    ]
    assert shared["_subject_key"].to_list() == ["s1", "s2", "s3"]
    assert set(shared["value__agency_id"]) == {"statistics"}


def test_an_open_case_about_a_column_that_is_not_granted_is_not_told(city: SharingCity) -> None:
    grant = a_grant(("indicator_code", "period", "division_code"))
    city.grant(grant)
    city.share()
    assert not any(city.shared(grant)["under_verification"])


def test_rows_of_an_agency_s_own_table_are_shared_with_their_open_cases(city: SharingCity) -> None:
    grant = a_grant(("indicator_code", "unit"), ("329902",), entry="statistics.figures")
    city.open_cases(a_case(3, column=""))
    city.grant(grant)
    city.share()
    shared = city.shared(grant).sort("indicator_code")
    assert shared.columns == ["indicator_code", "unit", "under_verification", "verification_cases"]
    assert shared.rows() == [("i2", "元", False, None), ("i3", "元", True, "R-2026-0003")]


@pytest.mark.requirement("H-34")
def test_a_table_says_that_another_entry_takes_the_place_of_its_own_until_none_does(
    city: SharingCity,
) -> None:
    grant = a_grant(("unit",), entry="statistics.figures")
    city.grant(grant)
    table = TableName.parse(grant["share_table"])
    plain = a_release()
    old = plain.resource("statistics.figures")
    said = old.model_copy(update={"replaced_by": "statistics.series", "retires_on": dt.date(2026, 9, 1)})
    resources = {**plain.catalogue.resources, old.id: said}
    replacing = replace(plain, catalogue=replace(plain.catalogue, resources=resources))

    def told(release: Any) -> tuple[str | None, int, str]:
        build_shares(city.lake, city.deployment, release, AS_OF)
        delta = DeltaTable(str(city.lake.path(table)))
        served = served_entries(
            release, [replace(share_classes(city.lake, release, AS_OF.date())[0], is_served=True)], AS_OF
        )
        return delta.metadata().description, delta.version(), served[table].notice

    sentence = (
        "将由 statistics.series 替代，2026-09-01 起、待其可用后停用 / "
        "to be replaced by statistics.series: retires on 2026-09-01, or as soon after as that can be used"
    )
    assert told(plain) == (None, 0, "")
    assert told(replacing) == (sentence, 1, sentence)
    assert told(replacing) == (sentence, 1, sentence)
    city.fill(a_row(4))
    assert told(replacing) == (sentence, 2, sentence)
    assert told(plain)[0] == ""


def test_a_second_build_of_the_same_commits_nothing_and_starts_no_dbt(
    city: SharingCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.grant(a_grant())
    city.share()
    from lake import dbt_run

    monkeypatch.setattr(dbt_run, "_run_dbt", None)
    assert city.share() == ["unchanged"]


def test_a_changed_row_is_merged_and_can_be_followed_by_the_change_feed(city: SharingCity) -> None:
    grant = a_grant()
    city.grant(grant)
    city.share()
    city.fill(a_row(1), a_row(2, division_code="329902", value=9.0), a_row(4))
    city.build("indicator")
    city.share()
    table = DeltaTable(str(city.lake.path(TableName.parse(grant["share_table"]))))
    feed = pl.DataFrame(table.load_cdf(starting_version=1).read_all())
    changes = sorted(zip(feed["indicator_code"], feed["_change_type"], strict=True))
    assert changes == [
        ("i2", "update_postimage"),
        ("i2", "update_preimage"),
        ("i3", "delete"),
        ("i4", "insert"),
    ]
    assert set(city.shared(grant)["indicator_code"]) == {"i1", "i2", "i4"}


def test_inputs_that_change_without_changing_what_is_shared_commit_nothing(
    city: SharingCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = a_grant(("indicator_code", "period", "division_code"))
    city.grant(grant)
    city.share()
    table = TableName.parse(grant["share_table"])
    city.fill(a_row(1, value=7.0), a_row(2, division_code="329902"), a_row(3, division_code="329902001000"))
    city.build("indicator")
    assert (city.share(), city.lake.version(table)) == (["success"], 0)
    from lake import dbt_run

    monkeypatch.setattr(dbt_run, "_run_dbt", None)
    assert city.share() == ["unchanged"]


@pytest.mark.parametrize(
    "ended", [{"state": "revoked"}, {"valid_to": dt.date(2026, 3, 15)}], ids=["revoked", "run out"]
)
def test_the_table_of_an_ended_grant_is_dropped_with_its_history(
    city: SharingCity, ended: dict[str, Any]
) -> None:
    grant = a_grant()
    city.grant(grant)
    city.share()
    city.grant(grant | ended)
    city.share()
    assert not city.lake.path(TableName.parse(grant["share_table"])).exists()


def test_a_suspended_grant_keeps_its_table(city: SharingCity) -> None:
    grant = a_grant()
    city.grant(grant)
    city.share()
    city.grant(grant | {"state": "suspended"})
    city.share()
    assert city.lake.exists(TableName.parse(grant["share_table"]))


def test_a_class_that_a_rule_holds_stays_as_it_was(city: SharingCity) -> None:
    grant = a_grant()
    city.grant(grant)
    city.share()
    city.fill(a_row(1, value=7.0))
    city.build("indicator")

    def is_held(one: ShareClass) -> bool:
        return one.entry == ENTRY

    assert city.share(is_held) == []
    assert len(city.shared(grant)) == 3


def test_two_grants_of_one_class_have_one_table(city: SharingCity) -> None:
    first, second = a_grant(), a_grant(grant_id="G-2026-0002", recipient_id="health")
    city.grant(first, second)
    assert city.share() == ["success"]
    assert len(city.lake.tables("share")) == 1


def test_an_entry_that_left_the_release_keeps_no_other_from_being_built(city: SharingCity) -> None:
    city.grant(a_grant(), a_grant(("a",), entry="statistics.withdrawn"))
    assert city.share() == ["success"]


def test_a_class_whose_entry_lost_its_divisions_keeps_no_other_from_being_built(
    city: SharingCity,
) -> None:
    resource = a_release().resource("statistics.figures")
    columns = [column for column in resource.columns if column.name != "division_code"]
    catalogue = replace(
        a_release().catalogue,
        resources={resource.id: resource.model_copy(update={"columns": tuple(columns)})},
    )
    city.grant(a_grant(("value",), ("329902",), entry=resource.id), a_grant(("unit",), entry=resource.id))
    release = replace(a_release(), catalogue=catalogue)
    built = build_shares(city.lake, city.deployment, release, AS_OF)
    assert [model.status for model in built.models] == ["success"]


def test_the_rows_of_a_division_are_those_whose_subject_belongs_to_it() -> None:
    resource = a_release().resource("statistics.figures")
    columns = [
        column.model_copy(update={"base": base})
        for column, base in zip(
            resource.columns,
            ("organisation.registrar_division_code", "person.registered_division_code"),
            strict=False,
        )
    ]
    employments = resource.model_copy(update={"columns": tuple(columns), "subject": "person"})
    assert division_column(employments) == columns[1].name
