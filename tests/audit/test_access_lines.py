"""What the record keeps of an access: in full, except what looks personal."""

import datetime as dt
import json

import pytest
from audited_city import Audited, an_access, at

from audit.access_lines import WITHHELD, fields_of, looks_personal

ID_NUMBER = "110105194912310021"
PHONE = "13800138000"


def test_every_field_of_an_access_is_kept() -> None:
    fields = fields_of(an_access(detail={"as_of": "2026-03-15"}))
    assert fields["at"] == "2026-03-16T01:00:00.000000+00:00"
    assert fields["columns"] == ["citizen_id", "name"]
    assert (fields["rows"], fields["bytes"], fields["version"]) == (1, 420, 3)
    assert fields["detail"] == {"as_of": "2026-03-15"}
    assert "previous_hash" not in fields


@pytest.mark.parametrize(
    "text",
    [
        ID_NUMBER,
        f"核对 {PHONE} 的本人",
        "１３８００１３８０００",
        "138 0013 8000",
        "138-0013-8000",
        "+86 138 0013 8000",
        "致电8613800138000",
        "110105 19491231 002x",
        "110105491231002",
    ],
)
def test_a_purpose_with_what_looks_like_a_number_of_a_person_is_not_kept(empty: Audited, text: str) -> None:
    empty.record.append(an_access(purpose=text, detail={"note": text, "scenario": "窗口办理"}))
    kept = empty.records()[0]
    assert kept["purpose"] == WITHHELD
    assert kept["detail"] == {"note": WITHHELD, "scenario": "窗口办理", "withheld": "purpose,detail"}
    written = b"".join(path.read_bytes() for path in empty.folder.rglob("*") if path.is_file())
    assert text.encode() not in written


def test_a_path_that_a_stranger_asked_for_keeps_no_number() -> None:
    fields = fields_of(
        an_access(entry=f"base.person?key={ID_NUMBER}", recipient_id=PHONE, result="not_found")
    )
    assert ID_NUMBER not in json.dumps(fields)
    assert PHONE not in json.dumps(fields)


def test_hashes_that_hold_digits_by_chance_are_kept() -> None:
    chance = "a13800138000b4" + "c" * 18
    assert fields_of(an_access(subject_key=chance, request_id=chance))["subject_key"] == chance
    assert not looks_personal("2026-03-16 09:00, G-2026-0001, 第 12 条")


def test_texts_are_bounded_and_can_always_be_written(empty: Audited) -> None:
    empty.record.append(
        an_access(purpose="用" * 100_000, result="\ud800", detail={str(n): "x" for n in range(99)})
    )
    kept = empty.records()[0]
    assert len(kept["purpose"]) == 1001
    assert len(kept["detail"]) == 20
    assert empty.record.verify(empty.lake).intact


def test_an_instant_without_time_zone_is_refused_and_nothing_is_written(empty: Audited) -> None:
    with pytest.raises(TypeError):
        empty.record.append(an_access(), an_access(at=dt.datetime(2026, 3, 16)))
    assert not empty.page("2026-03-16").exists()
    empty.record.append(an_access(at=at("2026-03-16").astimezone(dt.UTC)))
    assert [record["sequence"] for record in empty.records()] == [1]
