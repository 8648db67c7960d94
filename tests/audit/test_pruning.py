"""Retention: whole old days go, a signed word stays, and nothing younger can go."""

import json
import shutil

import pytest
from audited_city import Audited, an_access, at

from audit.pruning import prune
from audit.signing import Signer
from lake.tables import ACCESS
from resource_catalogue.errors import LakeError

LATER = "2029-03-18T12:00:00"
"""Three years after: the 16th and 17th of March 2026 may go, the 18th may not."""


@pytest.fixture
def old(three_days: Audited) -> Audited:
    """Return the three days with another record three years later."""
    three_days.record.append(an_access(LATER, request_id="now"))
    three_days.record.seal(three_days.lake, at(LATER))
    return three_days


def prune_cut_off_at(place: str, old: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prune and be killed where a function would be called."""

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(place, cut_off)
        with pytest.raises(KeyboardInterrupt):
            prune(old.record, old.lake, at(LATER))


@pytest.mark.requirement("X-04")
def test_days_older_than_retention_go_and_the_chain_still_verifies(old: Audited) -> None:
    done = old.record.prune(old.lake, at(LATER))
    assert (len(done.days), done.records, done.kept_from.isoformat()) == (2, 8, "2026-03-18")
    assert not old.page("2026-03-16").exists()
    assert old.page("2026-03-18").exists()
    assert old.lake.query(f"select min(sequence) as n, count(*) as c from {ACCESS}", ACCESS).row(0) == (9, 4)
    city = old.reopened()
    assert city.record.verify(city.lake).faults == []
    city.record.append(an_access(LATER))
    city.record.seal(city.lake, at("2029-03-19"))
    check = city.record.verify(city.lake)
    assert (check.faults, check.records, check.days) == ([], 5, 5)


@pytest.mark.requirement("X-04")
def test_nothing_younger_than_retention_goes(old: Audited) -> None:
    assert old.record.prune(old.lake, at("2029-03-16T23:00:00")).records == 0
    assert len(old.records()) == 12


def test_a_clock_that_runs_ahead_removes_nothing_that_the_record_itself_calls_young(old: Audited) -> None:
    done = old.record.prune(old.lake, at("2099-01-01"))
    assert done.kept_from.isoformat() == "2026-03-18"
    assert len(old.records()) == 4


@pytest.mark.requirement("X-04")
def test_a_seal_and_a_prune_by_a_clock_that_runs_ahead_remove_nothing(three_days: Audited) -> None:
    three_days.record.seal(three_days.lake, at(LATER))
    three_days.record.append(an_access("2026-03-19"))
    assert three_days.record.prune(three_days.lake, at("2030-01-01")).records == 0
    assert three_days.page("2026-03-16").exists()


def test_a_record_whose_end_is_damaged_is_not_pruned(old: Audited) -> None:
    with old.page("2029-03-18").open("ab") as page:
        page.write(b"no record\n")
    with pytest.raises(LakeError, match="no record of access"):
        prune(old.record, old.lake, at(LATER))
    assert old.page("2026-03-16").exists()


@pytest.mark.requirement("X-04")
def test_after_pruning_no_file_of_the_record_or_its_table_holds_a_word_of_a_pruned_row(
    empty: Audited,
) -> None:
    marker = "~~~已清理的用途~~~"
    for day in ("2026-03-16", "2026-03-17"):
        empty.record.append(an_access(day, purpose=marker, request_id="old"))
        empty.record.seal(empty.lake, at(day))
    empty.record.append(an_access("2026-03-18"), an_access(LATER))
    empty.record.seal(empty.lake, at(LATER))

    def holding() -> list[str]:
        files = [p for p in empty.deployment.var.rglob("*") if p.is_file()]
        return [p.suffix for p in files if marker.encode() in p.read_bytes()]

    assert {".parquet", ".json", ".jsonl"} <= set(holding())
    assert empty.record.prune(empty.lake, at(LATER)).records == 2
    assert holding() == []
    city = empty.reopened()
    assert city.record.verify(city.lake).faults == []
    assert city.lake.query(f"select count(*) as n from {ACCESS}", ACCESS).item() == 2


def test_a_prune_that_was_cut_off_before_the_old_files_went_is_finished_by_the_next_one(
    old: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    prune_cut_off_at("lake.store.forget_before", old, monkeypatch)
    city = old.reopened()
    assert city.lake.has_history(ACCESS)
    city.record.append(an_access(LATER))
    city.record.seal(city.lake, at("2029-03-19"))
    assert city.record.prune(city.lake, at("2029-03-18T13:00:00")).records == 0
    assert not city.lake.has_history(ACCESS)
    assert city.record.verify(city.lake).faults == []


def test_pruning_again_removes_nothing_more(old: Audited) -> None:
    old.record.prune(old.lake, at(LATER))
    version = old.lake.version(ACCESS)
    assert old.record.prune(old.lake, at(LATER)).records == 0
    assert old.lake.version(ACCESS) == version


def test_a_prune_that_was_cut_off_is_finished_by_the_next_one(
    old: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    prune_cut_off_at("audit.pruning._remove_rows", old, monkeypatch)
    city = old.reopened()
    assert city.record.verify(city.lake).faults == []
    assert city.record.seal(city.lake, at(LATER)).copied == 0
    assert city.record.prune(city.lake, at(LATER)).records == 0
    assert len(city.records()) == 4
    assert city.record.verify(city.lake).faults == []


def test_records_that_are_not_those_that_were_signed_are_evidence_and_stay(old: Audited) -> None:
    old.rewrite("2026-03-17", lambda lines: [lines[0].replace(b'"rows":1', b'"rows":7'), *lines[1:]])
    with pytest.raises(LakeError):
        old.record.prune(old.lake, at(LATER))
    assert old.page("2026-03-16").exists()
    assert not (old.folder / "pruned.json").exists()


def test_records_removed_by_hand_are_missed(old: Audited) -> None:
    old.page("2026-03-16").unlink()
    faults = old.reopened().record.verify(old.lake).faults
    assert ("2026-03-16", "the day is signed, but its records are missing") in faults
    assert any("records 1 to 3 are missing" in found for _, found in faults)


def test_a_word_on_pruning_that_nobody_signed_does_not_excuse_a_removal(old: Audited) -> None:
    old.record.prune(old.lake, at(LATER))
    said = json.loads((old.folder / "pruned.json").read_bytes())
    day = json.loads((old.folder / "days" / "2026-03-18.json").read_bytes())
    forged = said | {name: day[name] for name in ("day", "root", "last", "last_hash")}
    (old.folder / "pruned.json").write_text(json.dumps(forged), encoding="utf-8")
    old.page("2026-03-18").unlink()
    assert ("pruned.json", "the signature does not hold") in old.reopened().record.verify(old.lake).faults


def test_a_pruned_chain_goes_on_where_it_ended_even_with_no_record_left(old: Audited) -> None:
    old.record.prune(old.lake, at(LATER))
    last = json.loads((old.folder / "pruned.json").read_bytes())
    shutil.rmtree(old.record.journal.folder)
    city = old.reopened()
    city.record.append(an_access(LATER))
    first = city.records()[0]
    assert (first["sequence"], first["previous_hash"]) == (last["last"] + 1, last["last_hash"])


def test_a_signed_word_on_pruning_excuses_only_the_days_that_it_names_as_they_were_signed(
    old: Audited,
) -> None:
    old.record.prune(old.lake, at(LATER))
    pruned = old.record.files.pruned()
    assert pruned is not None
    old.record.files.write_pruned(Signer(old.deployment).signed("pruned", pruned | {"root": "0" * 64}))
    faults = old.record.verify(old.lake).faults
    assert ("pruned.json", "does not match the signed day 2026-03-17") in faults
