"""Withdrawal: what may not lie open any more goes, is told once, and comes back when it is listed again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made_city import (
    AS_OF,
    COUNT_SQL,
    ENTITIES,
    ENTITIES_TABLE,
    HOUSEHOLDS,
    LIST,
    LIST_SQL,
    POPULATION,
    citizen_id,
    dataset,
    deployment,
    entities_frame,
    make_lake,
    person_frame,
    release,
)
from opened_city import folder, opened, state_of

import masking.decision
import opening.final_scan
from lake import Lake
from lake.tables import OPENED, WITHDRAWALS
from opening import publish, withdraw
from opening.shelf import Shelf
from opening.withdraw import Withdrawn, withdraw_closed
from reporting.status import status
from resource_catalogue.dataset import Dataset
from resource_catalogue.release import EntryState, Release
from resource_catalogue.words import TableName

CELLS = {("329901", "男", 1980): 30, ("329901", "女", 1980): 25}
TABLE = TableName("open", LIST.id)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "var", entities_frame(), person_frame(CELLS))


def in_state(made: Dataset, **states: EntryState) -> Release:
    """Return the next release, with other states of some entries (``__`` stands for the dot)."""
    listed = release(made)
    changed = {key.replace("__", "."): state for key, state in states.items()}
    return replace(listed, number=8, states=listed.states | changed)


def swept(lake: Lake, of: Release, **settings: Any) -> list[Withdrawn]:
    """Withdraw what is closed."""
    return withdraw_closed(lake, of, deployment(lake.root.parent.parent, **settings), AS_OF)


def with_column(name: str, **changes: Any) -> Release:
    """Return the next release, in which one column of the list's entry is declared otherwise."""
    body = ENTITIES.model_dump(mode="json", by_alias=True)
    body["columns"] = [c | changes if c["name"] == name else c for c in body["columns"]]
    entry = ENTITIES.model_validate(body)
    return replace(release(LIST, resources=(entry, HOUSEHOLDS)), number=8)


def assert_nothing_lies_open(lake: Lake) -> None:
    assert not folder(lake, LIST).exists()
    assert lake.read(TABLE).is_empty()
    assert lake.data_files(TABLE) == [], "its history holds no rows either"
    kept = [path.read_bytes() for path in lake.path(TABLE).rglob("*") if path.is_file()]
    assert not any("示例公司".encode() in content for content in kept), "nor does the log hold column minima"
    row = lake.read(OPENED).row(0, named=True)
    assert (row["state"], row["rows"], row["files"], row["manifest_hash"]) == ("withdrawn", 0, [], "")
    assert status(deployment(lake.root.parent.parent), lake)["opened"] == []


@pytest.mark.parametrize(
    "states",
    [{"entities_list": "suspended"}, {"entities_list": "retired"}, {"market__entities": "suspended"},
     {"market__entities": "retired"}],
)  # fmt: skip
@pytest.mark.requirement("P-18", "P-19")
def test_a_dataset_goes_when_it_or_its_source_is_suspended_or_retired(
    lake: Lake, tmp_path: Path, states: dict[str, EntryState]
) -> None:
    opened(lake, LIST, LIST_SQL)
    was, closed = lake.read(OPENED).row(0, named=True), in_state(LIST, **states)
    found = swept(lake, closed)
    assert [w.dataset for w in found] == [LIST.id]
    assert next(iter(states.values())) in found[0].reason
    assert_nothing_lies_open(lake)
    event = lake.read(WITHDRAWALS).row(0, named=True)
    assert (event["withdrawn_at"], event["release"], event["reason"]) == (AS_OF, 8, found[0].reason)
    for name in ("dataset", "rows", "k", "files", "manifest_hash", "open_type", "opened_at"):
        assert event[name] == was[name], "nothing of the record is lost"
    assert event["opened_release"] == 7
    before = state_of(lake, tmp_path)
    assert swept(lake, closed) == []
    assert state_of(lake, tmp_path) == before


def test_a_dataset_that_left_the_catalogue_is_withdrawn_and_others_stay(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL, release(LIST, POPULATION))
    opened(lake, POPULATION, COUNT_SQL, release(LIST, POPULATION))
    assert [w.dataset for w in swept(lake, release(POPULATION))] == [LIST.id]
    assert folder(lake, POPULATION).is_dir()
    listed = status(deployment(lake.root.parent.parent), lake)["opened"]
    assert [row["dataset"] for row in listed] == [POPULATION.id]


def test_what_is_listed_stays_untouched(lake: Lake, tmp_path: Path) -> None:
    both = release(LIST, POPULATION)
    opened(lake, LIST, LIST_SQL, both)
    opened(lake, POPULATION, COUNT_SQL, both)
    before = state_of(lake, tmp_path)
    assert swept(lake, both) == []
    assert state_of(lake, tmp_path) == before


def test_opening_under_a_suspended_source_withdraws_and_listing_it_again_opens_again(
    lake: Lake, tmp_path: Path
) -> None:
    first = opened(lake, LIST, LIST_SQL)
    closed = in_state(LIST, market__entities="suspended")
    assert opened(lake, LIST, LIST_SQL, closed).state == "withdrawn"
    assert_nothing_lies_open(lake)
    before = state_of(lake, tmp_path)
    assert opened(lake, LIST, LIST_SQL, closed).state == "withdrawn"
    assert state_of(lake, tmp_path) == before
    again = opened(lake, LIST, LIST_SQL, replace(release(LIST), number=9))
    assert (again.state, again.rows) == ("opened", 40)
    assert first.manifest
    assert again.manifest
    assert again.manifest["files"] == first.manifest["files"]
    assert lake.read(TABLE).height == 40
    assert lake.read(OPENED)["state"].to_list() == ["opened"]
    assert lake.read(WITHDRAWALS).height == 1, "the event is kept"
    assert opened(lake, LIST, LIST_SQL, replace(release(LIST), number=9)).state == "unchanged"


@pytest.mark.requirement("P-03", "P-05")
def test_a_column_that_is_closed_takes_the_published_version_with_it(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    closed = with_column("scope", open={"type": "none"})
    assert "scope" in swept(lake, closed)[0].reason
    assert_nothing_lies_open(lake)


def test_a_closed_column_is_withdrawn_even_if_the_refused_new_version_leaves_it_out(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    closed = with_column("scope", open={"type": "none"})
    shorter = dataset("list", [{"name": "credit_code"}, {"name": "entity_kind"}])
    closed.catalogue.datasets[LIST.id] = shorter
    spoilt = entities_frame().with_columns(entity_kind=pl.lit(citizen_id(5)))
    lake.overwrite(ENTITIES_TABLE, spoilt)
    result = opened(lake, shorter, "select credit_code, entity_kind from standard.market__entities", closed)
    assert (result.state, result.rows, result.manifest) == ("withdrawn", 0, None)
    assert_nothing_lies_open(lake)


def test_a_new_version_without_its_mask_is_refused_and_the_masked_one_stays(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    bare = dataset("list", [{"name": "credit_code"}, {"name": "entity_name"}])
    assert opened(lake, bare, LIST_SQL).state == "refused"
    assert folder(lake, LIST).is_dir()
    assert lake.read(OPENED)["state"].to_list() == ["refused"]


def test_what_todays_scan_finds_in_the_published_files_too_takes_them_away(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = citizen_id(5)
    lake.overwrite(ENTITIES_TABLE, entities_frame().with_columns(scope=pl.lit(f"联系人{planted}")))
    with monkeypatch.context() as yesterday:
        yesterday.setattr(masking.decision, "find_evidence", lambda *_: [])
        yesterday.setattr(opening.final_scan, "find_evidence", lambda *_: [])
        assert opened(lake, LIST, LIST_SQL).state == "opened"
    monkeypatch.setattr(publish, "RULES_VERSION", f"{publish.RULES_VERSION}+")
    result = opened(lake, LIST, LIST_SQL)
    assert result.state == "withdrawn"
    assert planted not in lake.read(WITHDRAWALS)["reason"][0]
    assert_nothing_lies_open(lake)


def test_cells_smaller_than_the_policy_now_asks_do_not_stay(lake: Lake) -> None:
    opened(lake, POPULATION, COUNT_SQL)
    assert swept(lake, release(POPULATION)) == []
    assert [w.dataset for w in swept(lake, release(POPULATION), opening={"k_open_to_all": 26})] == [
        POPULATION.id
    ]
    again = opened(lake, POPULATION, COUNT_SQL, opening={"k_open_to_all": 26})
    assert (again.state, again.rows, again.k) == ("opened", 1, 30)


def test_altered_files_do_not_stay_where_no_new_version_replaces_them(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    path = folder(lake, LIST) / "entities_list.csv"
    path.write_bytes(path.read_bytes() + b"x")
    lake.overwrite(ENTITIES_TABLE, entities_frame().with_columns(scope=pl.lit(f"联系人{citizen_id(5)}")))
    assert opened(lake, LIST, LIST_SQL).state == "withdrawn"
    assert_nothing_lies_open(lake)


@pytest.mark.parametrize("step", ["record_withdrawal", "record", "erase", "clear"])
def test_a_killed_withdrawal_is_finished_by_the_next_run_and_told_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    opened(lake, LIST, LIST_SQL)
    closed = in_state(LIST, entities_list="retired")
    with monkeypatch.context() as patched:
        patched.setattr({"clear": Shelf, "erase": Lake}.get(step, withdraw), step, killed)
        with pytest.raises(KeyboardInterrupt):
            swept(lake, closed)
    assert [w.dataset for w in swept(lake, closed)] == [LIST.id]
    assert_nothing_lies_open(lake)
    assert lake.read(WITHDRAWALS).height == 1
    assert swept(lake, closed) == []


def test_what_the_log_still_holds_of_an_earlier_withdrawal_goes_with_the_next_run(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    closed = in_state(LIST, entities_list="retired")
    with pytest.MonkeyPatch.context() as former:
        former.setattr("lake.store.forget_before", lambda *_: 0)
        swept(lake, closed)
    swept(lake, closed)
    assert_nothing_lies_open(lake)
    assert len(lake.read(WITHDRAWALS)) == 1


def test_a_kill_between_clearing_and_deleting_leaves_nothing_behind(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    closed = in_state(LIST, entities_list="retired")
    swept(lake, closed)
    place = folder(lake, LIST)
    remains = place.parent / f".cleared-{LIST.id}"
    remains.mkdir()
    (remains / "entities_list.csv").write_text("x", encoding="utf-8")
    assert swept(lake, closed) == []
    assert not remains.exists()
    assert not place.exists()
