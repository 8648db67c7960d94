"""Every row received is accounted for once, and what is lost or doubled is named."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_inbox import Inbox, table
from reporting_city import MARKET, City
from typer.testing import CliRunner

from cli.main import app
from lake import Lake
from lake.tables import REJECTED_ROWS
from reporting.reconciliation import Reconciliation, Rows, reconcile
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError
from resource_catalogue.subject_keys import ROW_KEY_NAME
from resource_catalogue.words import raw_table, standard_table


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Return a deployment with the usual resource and an empty inbox."""
    return Inbox(tmp_path / "city")


def books(inbox: Inbox, **only: Any) -> Reconciliation:
    return reconcile(inbox.lake, inbox.release, inbox.deployment.key(ROW_KEY_NAME), **only)


def accounts(inbox: Inbox) -> list[Rows]:
    """Return the account of each delivery, in order; all must be whole."""
    found = books(inbox)
    assert found.faults == ()
    assert all(one.rows.difference == 0 for one in found.accounts)
    by_id = {one.delivery_id: one.rows for one in found.accounts}
    return [by_id[one["delivery_id"]] for one in inbox.deliveries()]


def test_loaded_superseded_rejected_and_held_rows_are_told_apart(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", "2,乙,2", "3,丙,3,x"), day=1)
    inbox.send(table("1,甲,1", "2,乙,3", "3,丙,3"), day=2)
    inbox.send(table("1,甲,1"), day=3)
    inbox.send("", name="empty.csv", day=4)
    inbox.ingest_all()
    assert accounts(inbox) == [
        Rows(received=3, superseded=2, rejected=1),
        Rows(received=3, loaded=3),
        Rows(received=1, held=1),
        Rows(),
    ]
    inbox.decide(inbox.deliveries()[2]["delivery_id"], "rejected")
    inbox.ingest()
    assert accounts(inbox)[2] == Rows(received=1, held=1)


def test_a_changed_row_makes_the_one_before_it_a_duplicate(inbox: Inbox) -> None:
    inbox.declare(mode="changes")
    inbox.send(table("1,甲,1", "1,甲,2", "2,乙,2"), day=1)
    inbox.send(table("2,乙,3", ",丙,3", ",丙,3"), day=2)
    inbox.ingest_all()
    assert accounts(inbox) == [
        Rows(received=3, loaded=1, duplicate=2),
        Rows(received=3, loaded=2, duplicate=1),
    ]


def test_what_repeats_a_delivery_to_the_letter_after_slices_became_one_is_a_duplicate(inbox: Inbox) -> None:
    inbox.declare(mode="append", source={"slice": r"_(\d)\.csv$"})
    for number in (1, 2):
        inbox.send(table("1,甲,1"), name=f"feed_{number}.csv", day=number)
    inbox.ingest_all()
    assert [rows.loaded for rows in accounts(inbox)] == [1, 1]
    inbox.declare(number=2, mode="append")
    inbox.ingest()
    assert accounts(inbox) == [Rows(received=1, loaded=1), Rows(received=1, duplicate=1)]


@pytest.mark.parametrize("lost", ["raw", "standard", "rejected", "register"])
def test_lost_and_foreign_rows_are_named(inbox: Inbox, lost: str) -> None:
    inbox.send(table("1,甲,1", "2,乙,2", "3,丙,3,x"))
    inbox.ingest()
    identity, raw = inbox.delivery()["delivery_id"], raw_table(inbox.resource.id)
    if lost == "raw":
        inbox.lake.delete_where(raw, {"code": "2"})
    elif lost == "standard":
        inbox.lake.delete_where(standard_table(inbox.resource.id), {"code": "2"})
    elif lost == "rejected":
        inbox.lake.delete_where(REJECTED_ROWS, {"delivery_id": identity})
    else:
        rows = inbox.lake.read(raw).with_columns(_delivery_id=pl.lit("another"))
        inbox.lake.append(raw, rows)
    found = books(inbox)
    assert not found.is_whole
    assert {
        "raw": {(identity, "raw", 3, 2), (identity, "standard", 1, 2)},
        "standard": {(identity, "standard", 2, 1)},
        "rejected": {(identity, "raw", 3, 2)},
        "register": {("another", "register", 0, 2)},
    }[lost] == {(one.delivery_id, one.kind, one.expected, one.found) for one in found.faults}


CELLS = st.tuples(st.sampled_from(["1", "2", "3", ""]), st.sampled_from("甲乙"), st.integers(1, 2))
FILES = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=3)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=FILES, mode=st.sampled_from(["snapshot", "append", "changes"]))
def test_any_deliveries_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[str, str, int]]], mode: str
) -> None:
    inbox = Inbox(tmp_path_factory.mktemp("any") / "city", mode=mode, guard={"max_shrink_pct": 50})
    for day, rows in enumerate(files, start=1):
        inbox.send(table(*(",".join(map(str, row)) for row in rows)), name=f"{day}.csv", day=day)
    inbox.ingest_all()
    received = {one["delivery_id"]: one["rows_received"] for one in inbox.deliveries()}
    assert sum(rows.received for rows in accounts(inbox)) == sum(received.values())


def test_the_command_accounts_for_the_city_and_filters_by_agency(city: City) -> None:
    home = ("--home", str(city.deployment.home))
    found = json.loads(CliRunner().invoke(app, ["deliveries", "reconcile", "--json", *home]).stdout)
    assert found["is_whole"]
    assert found["agencies"]["market"] == {
        "received": 6, "loaded": 4, "superseded": 0, "duplicate": 0, "deletions": 0, "rejected": 1, "held": 1,
        "difference": 0,
    }  # fmt: skip
    assert found["total"]["received"] == sum(one["received"] for one in found["agencies"].values())
    shown = CliRunner().invoke(app, ["deliveries", "reconcile", "--agency", "labour", *home]).stdout
    assert "labour" in shown
    assert "market" not in shown


def test_the_command_ends_with_an_exit_code_where_rows_are_lost(city: City, tmp_path: Path) -> None:
    home = shutil.copytree(city.deployment.home, tmp_path / "broken")
    Lake.of(Deployment.open(home)).delete_where(standard_table(MARKET), {"entity_kind": "individual"})
    result = CliRunner().invoke(app, ["deliveries", "reconcile", "--home", str(home)])
    assert isinstance(result.exception, LakeError)
    assert result.exception.exit_code == 7
    assert "标准库行数与应有行数不符" in result.stdout
