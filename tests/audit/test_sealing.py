"""Sealing: rows of the lake and signed days, once each, in order, whatever was interrupted."""

import json
from typing import Any

import pytest
from audited_city import Audited, an_access, at

from audit import sealing
from audit.sealing import record_of
from audit.verifier import ZERO, is_signed
from lake.tables import ACCESS
from resource_catalogue.errors import LakeError


def day_file(city: Audited, day: str) -> dict[str, Any]:
    return dict(json.loads((city.folder / "days" / f"{day}.json").read_bytes()))


def test_the_lakes_rows_say_what_the_journal_says(three_days: Audited) -> None:
    rows = three_days.lake.query(f"select * from {ACCESS} order by sequence", ACCESS).to_dicts()
    assert [record_of(row) for row in rows] == three_days.records()
    assert rows[0]["columns"] == ["citizen_id", "name"]


def test_a_finished_day_gets_a_signed_root_and_the_running_one_none(three_days: Audited) -> None:
    days = sorted(path.stem for path in (three_days.folder / "days").iterdir())
    assert days == ["2026-03-16", "2026-03-17", "2026-03-18"]
    first, second, third = (day_file(three_days, day) for day in days)
    assert [(day["first"], day["last"], day["count"]) for day in (first, second, third)] == [
        (1, 3, 3),
        (4, 8, 5),
        (9, 10, 2),
    ]
    assert [day["previous_root"] for day in (first, second, third)] == [ZERO, first["root"], second["root"]]
    pem = (three_days.folder / "public_key.pem").read_bytes()
    assert is_signed(second, pem)
    assert not is_signed({**second, "count": 4}, pem)


def test_sealing_again_adds_nothing(three_days: Audited) -> None:
    version = three_days.lake.version(ACCESS)
    written = {path: path.read_bytes() for path in (three_days.folder / "days").iterdir()}
    again = three_days.record.seal(three_days.lake, at("2026-03-19T18:00:00"))
    assert (again.copied, again.days) == (0, ())
    assert three_days.lake.version(ACCESS) == version
    assert {path: path.read_bytes() for path in (three_days.folder / "days").iterdir()} == written


def test_a_seal_that_was_cut_off_is_finished_by_the_next_one(
    empty: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_ROWS_PER_COMMIT", 4)
    empty.record.append(*(an_access(request_id=str(number)) for number in range(10)))
    append, done = empty.lake.append, []

    def cut_off(*arguments: Any) -> int:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return append(*arguments)

    monkeypatch.setattr(empty.lake, "append", cut_off)
    with pytest.raises(KeyboardInterrupt):
        empty.record.seal(empty.lake, at("2026-03-17"))
    city = empty.reopened()
    finished = city.record.seal(city.lake, at("2026-03-17"))
    assert (finished.copied, len(finished.days)) == (2, 1)
    rows = city.lake.query(f"select sequence from {ACCESS} order by 1", ACCESS)["sequence"].to_list()
    assert rows == list(range(1, 11))
    assert city.record.verify(city.lake).intact


def test_a_signed_day_does_not_grow_when_a_late_access_comes(three_days: Audited) -> None:
    three_days.record.seal(three_days.lake, at("2026-03-20"))
    three_days.record.append(an_access("2026-03-19T23:59:59"))
    assert len(three_days.page("2026-03-19").read_bytes().splitlines()) == 1
    assert len(three_days.page("2026-03-20").read_bytes().splitlines()) == 1
    three_days.record.seal(three_days.lake, at("2026-03-21"))
    check = three_days.record.verify(three_days.lake)
    assert (check.faults, check.days, check.unsigned) == ([], 5, [])


def test_days_without_access_have_no_file_and_the_days_around_them_follow_each_other(empty: Audited) -> None:
    for day in ("2026-03-16", "2026-03-20"):
        empty.record.append(an_access(day))
        empty.record.seal(empty.lake, at(day))
    for day in ("2026-03-21", "2026-03-22", "2026-03-23"):
        empty.record.seal(empty.lake, at(day))
    empty.record.append(an_access("2026-03-23"))
    sealed = empty.record.seal(empty.lake, at("2026-03-25"))
    assert [day.isoformat() for day in sealed.days] == ["2026-03-23"]
    assert day_file(empty, "2026-03-23")["previous_root"] == day_file(empty, "2026-03-20")["root"]
    assert empty.record.verify(empty.lake).intact


def test_a_changed_record_is_neither_copied_nor_signed(empty: Audited) -> None:
    empty.record.append(an_access(), an_access(), an_access())
    empty.rewrite(
        "2026-03-16", lambda lines: [lines[0], lines[1].replace(b'"rows":1', b'"rows":9'), lines[2]]
    )
    with pytest.raises(LakeError) as refused:
        empty.record.seal(empty.lake, at("2026-03-17"))
    assert refused.value.where.endswith(" 2")
    assert not empty.lake.exists(ACCESS)
    assert not (empty.folder / "days").exists()


def test_nothing_is_made_where_nothing_was_recorded(empty: Audited) -> None:
    assert empty.record.seal(empty.lake, at("2026-03-17")).copied == 0
    assert empty.record.verify(empty.lake).intact
    assert not empty.folder.exists()
