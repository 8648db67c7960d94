"""How far catalogue and data agree: attachment rate, listed without data, data without a listed entry."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reporting_city import (
    AS_OF,
    LABOUR,
    MARKET,
    POLICE,
    City,
    a_catalogue,
    a_resource,
    an_agency,
    write_table,
)

from lake import Lake
from lake.tables import DELIVERIES
from reporting.catalogue_coverage import AgencyCoverage, catalogue_coverage
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.profile import load_profile
from resource_catalogue.release import EntryState, Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import DeliveryState, TableName, standard_table

_COLUMNS = [{"name": "code", "zh": "代码", "type": "text"}]


def entry(name: str, share: str = "open_to_all", opened: str = "open_to_all") -> Resource:
    return a_resource(name, "none", _COLUMNS, share={"type": share}, open={"type": opened})


def release(*entries: Resource, agencies: tuple[str, ...] = (), **states: EntryState) -> Release:
    """Make a release; states are given by the entry's last name, all others are listed."""
    known = {one.id: one for one in entries}
    catalogue = Catalogue(agencies={name: an_agency(name) for name in agencies}, resources=known)
    said = {one: states.get(one.split(".")[1], "listed") for one in known}
    return Release(7, "h", AS_OF, "a/b", "c/d", load_profile("yancheng"), catalogue, said)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def delivered(lake: Lake, **states: DeliveryState) -> None:
    """Register one delivery per resource; ``a__b`` stands for ``a.b``."""
    rows: list[dict[str, Any]] = [
        {"delivery_id": name, "resource_id": name.replace("__", "."), "state": str(state), "slice": "",
         "order_key": name, "received_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC)}
        for name, state in states.items()
    ]  # fmt: skip
    write_table(lake, DELIVERIES, rows)


def filled(lake: Lake, table: TableName, rows: int) -> None:
    lake.overwrite(table, pl.DataFrame({"code": ["x"] * rows}, schema={"code": pl.String}))


def test_the_rate_is_listed_entries_with_data_per_listed_entry(lake: Lake) -> None:
    delivered(lake, tax__a=DeliveryState.LOADED, tax__b=DeliveryState.ACCEPTED, tax__c=DeliveryState.HELD)
    entries = [entry(f"tax.{name}") for name in "abcd"]
    found = catalogue_coverage(release(*entries, d="suspended"), lake)
    tax = found.agencies[0]
    assert (tax.entries, tax.listed, tax.with_data) == (4, 3, 2)
    assert tax.attachment_rate == pytest.approx(2 / 3)
    assert tax.without_data == ("tax.c",)
    assert found.release == 7


@pytest.mark.parametrize("state", [DeliveryState.HELD, DeliveryState.REJECTED, DeliveryState.UNREADABLE])
def test_a_delivery_that_does_not_count_is_no_data(lake: Lake, state: DeliveryState) -> None:
    delivered(lake, tax__a=state)
    found = catalogue_coverage(release(entry("tax.a")), lake)
    assert found.total.attachment_rate == 0
    assert found.total.without_data == ("tax.a",)


@pytest.mark.parametrize("state", ["retired", "suspended", "draft", "reviewed"])
def test_data_of_an_entry_that_is_not_listed_are_named_with_its_state(lake: Lake, state: EntryState) -> None:
    delivered(lake, tax__a=DeliveryState.LOADED)
    found = catalogue_coverage(release(entry("tax.a"), a=state), lake)
    assert [(one.resource_id, one.state) for one in found.total.unlisted] == [("tax.a", state)]
    assert found.total.attachment_rate is None


def test_data_whose_entry_is_gone_are_named_by_delivery_or_table_once(lake: Lake) -> None:
    delivered(lake, tax__gone=DeliveryState.LOADED)
    filled(lake, standard_table("tax.gone"), 2)
    filled(lake, standard_table("tax.left"), 1)
    filled(lake, standard_table("tax.empty"), 0)
    filled(lake, standard_table("east__tax.old"), 1)
    found = catalogue_coverage(release(entry("tax.a"), agencies=("tax", "east__tax")), lake)
    assert {one.agency_id: [(u.resource_id, u.state) for u in one.unlisted] for one in found.agencies} == {
        "east__tax": [("east__tax.old", None)],
        "tax": [("tax.gone", None), ("tax.left", None)],
    }


def test_listed_entries_are_counted_by_share_and_open_type(lake: Lake) -> None:
    entries = (
        entry("tax.a", "conditional", "none"),
        entry("tax.b", "conditional", "conditional"),
        entry("tax.c"),
        entry("tax.d", "none", "none"),
    )
    tax = catalogue_coverage(release(*entries, d="retired"), lake).agencies[0]
    assert tax.by_share == {"open_to_all": 1, "conditional": 2, "none": 0}
    assert tax.by_open == {"open_to_all": 1, "conditional": 1, "none": 1}


def test_each_agency_has_its_line_and_the_total_is_their_sum(lake: Lake) -> None:
    delivered(lake, tax__a=DeliveryState.LOADED, health__b=DeliveryState.LOADED)
    entries = (entry("tax.a"), entry("tax.c"), entry("health.b"))
    found = catalogue_coverage(release(*entries), lake)
    assert [one.agency_id for one in found.agencies] == ["health", "tax"]

    def summed(field: str) -> int:
        return sum(int(getattr(one, field)) for one in found.agencies)

    assert (found.total.entries, found.total.listed, found.total.with_data) == (
        summed("entries"), summed("listed"), summed("with_data")
    )  # fmt: skip
    assert found.total.attachment_rate == pytest.approx(2 / 3)


def test_an_empty_lake_has_no_data(lake: Lake) -> None:
    found = catalogue_coverage(release(entry("tax.a")), lake)
    assert isinstance(found.total, AgencyCoverage)
    assert (found.total.with_data, found.total.unlisted) == (0, ())


def test_the_coverage_of_a_city_that_took_in_its_files(city: City) -> None:
    found = catalogue_coverage(city.release, city.lake)
    assert set(a_catalogue().resources) == {MARKET, LABOUR, POLICE}
    assert found.total.attachment_rate == 1.0
    assert found.total.unlisted == ()
