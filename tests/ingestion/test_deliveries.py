"""What becomes of deliveries: resends, shrinks, late ones, modes, decisions, newer releases."""

import json
import traceback

import pytest
from made_inbox import ID, MARKER, RAW, Inbox, table

from ingestion.decode import decode_file
from resource_catalogue.errors import CivicError

TEN = [f"{n},名称{n},{n}" for n in range(10)]


@pytest.mark.requirement("G-01", "Q-03")
def test_landing_keeps_the_bytes_and_a_receipt(inbox: Inbox) -> None:
    content = table("1,甲,1").encode("gb18030")
    sent = inbox.send(content, "一份" * 40 + ".csv")
    inbox.ingest()
    one = inbox.delivery()
    folder = inbox.deployment.landing / ID / one["delivery_id"]
    assert [path.name for path in folder.iterdir()] == [sent.name]
    assert (folder / sent.name).read_bytes() == content
    receipt = json.loads(folder.with_name(f"{one['delivery_id']}.json").read_text(encoding="utf-8"))
    assert receipt["content_hash"] == one["content_hash"]
    assert (receipt["rows_received"], receipt["size_bytes"]) == (1, len(content))


def test_a_second_run_writes_no_version(inbox: Inbox) -> None:
    inbox.send(table(*TEN))
    inbox.ingest()
    before = inbox.versions()
    again = inbox.ingest()
    assert (again.new, again.slices, again.waiting) == ((), (), 0)
    assert inbox.versions() == before


def test_the_same_bytes_again_or_under_another_name_are_one_delivery(inbox: Inbox) -> None:
    for name, day in (("feed.csv", 1), ("again.csv", 1), ("feed.csv", 2)):
        inbox.send(table(*TEN), name, day)
    inbox.ingest_all()
    assert len(inbox.deliveries()) == 1
    assert inbox.waiting() == []


def test_a_file_of_a_later_day_has_not_arrived_yet(inbox: Inbox) -> None:
    inbox.send(table(*TEN), day=20)
    assert inbox.ingest(day=19).new == ()
    assert len(inbox.ingest(day=20).new) == 1


def test_deliveries_of_one_slice_are_taken_one_per_wave_in_order(inbox: Inbox) -> None:
    inbox.send(table("1,新,1"), day=2)
    inbox.send(table("1,旧,1"), day=1)
    assert inbox.ingest().waiting == 1
    assert inbox.rows("title") == [("旧",)]
    assert inbox.ingest().waiting == 0
    assert inbox.rows("title") == [("新",)]


def test_a_snapshot_replaces_its_slice_only(inbox: Inbox) -> None:
    inbox.declare(source={"slice": r"_(?P<area>[a-z]+)\.csv$"})
    inbox.send(table("1,甲,1"), "x_east.csv", 1)
    inbox.send(table("2,乙,2"), "x_west.csv", 1)
    assert len(inbox.ingest().new) == 2
    inbox.send(table("3,丙,3"), "y_east.csv", 2)
    assert inbox.ingest().slices == ("east",)
    assert sorted(inbox.rows("_slice", "code")) == [("east", "3"), ("west", "2")]


def test_a_late_older_delivery_does_not_replace_a_newer_one(inbox: Inbox) -> None:
    inbox.declare(source={"issued": r"(\d{8})"})
    inbox.send(table(*TEN), "list_20260220.csv", 1)
    inbox.ingest()
    inbox.send(table("9,旧,1"), "list_20260110.csv", 2)
    assert inbox.ingest().slices == ()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "loaded"]
    assert len(inbox.rows("code")) == 10


def test_a_shrunk_snapshot_is_held_for_a_person(inbox: Inbox) -> None:
    inbox.send(table(*TEN), day=1)
    inbox.ingest()
    inbox.send(table(*TEN[:8]), day=2)
    inbox.ingest()
    held = inbox.deliveries()[1]
    assert (held["state"], held["reason"]) == ("held", "shrinks from 10 to 8 rows (20.0 %, at most 10 %)")
    assert len(inbox.rows("code")) == 10


@pytest.mark.parametrize(("decision", "rows"), [("accepted", 8), ("rejected", 10)])
def test_a_decision_takes_effect_once(inbox: Inbox, decision: str, rows: int) -> None:
    inbox.send(table(*TEN), day=1)
    inbox.ingest()
    inbox.send(table(*TEN[:8]), day=2)
    inbox.ingest()
    held = inbox.deliveries()[1]["delivery_id"]
    inbox.decide(held, decision)
    assert inbox.ingest().decided == (held,)
    assert inbox.deliveries()[1]["state"] == decision
    assert len(inbox.rows("code")) == rows
    before = inbox.versions()
    assert inbox.ingest().decided == ()
    assert inbox.versions() == before


def test_a_snapshot_that_changes_too_much_is_held(inbox: Inbox) -> None:
    inbox.declare(guard={"max_changed_pct": 30})
    inbox.send(table(*TEN), day=1)
    inbox.ingest()
    inbox.send(table(*TEN[:7], "7,改,7", "8,改,8", "9,改,9"), day=2)
    inbox.ingest()
    assert inbox.deliveries()[1]["state"] == "loaded"
    inbox.send(table(*[row.replace("名称", "称") for row in TEN]), day=4)
    inbox.ingest()
    assert inbox.deliveries()[2]["reason"] == "changes 100.0 % of 10 rows (at most 30 %)"
    assert inbox.rows("title")[7] == ("改",)


@pytest.mark.requirement("C-14")
def test_a_file_without_a_required_column_is_held_until_the_catalogue_knows_its_name(inbox: Inbox) -> None:
    inbox.send("编码,名称,数量\n1,甲,1\n")
    inbox.ingest()
    assert inbox.delivery()["state"] == "held"
    assert inbox.delivery()["reason"] == "required columns are missing: 代码"
    columns = [{**inbox.resource.columns[0].model_dump(by_alias=True), "from": ["编码"]}]
    columns += [column.model_dump(by_alias=True) for column in inbox.resource.columns[1:]]
    inbox.declare(number=2, columns=columns)
    assert inbox.waiting() == [f"{inbox.delivery()['delivery_id']}@2"]
    inbox.ingest()
    assert inbox.delivery()["state"] == "loaded"
    assert inbox.rows("code", "title") == [("1", "甲")]
    assert inbox.waiting() == []


def test_an_unreadable_delivery_is_tried_once_more_under_a_newer_release(inbox: Inbox) -> None:
    inbox.send(json.dumps({"rows": [{"code": "1"}]}))
    inbox.ingest()
    inbox.declare(number=2, source={"rows_at": "rows"})
    inbox.ingest()
    assert inbox.delivery()["state"] == "loaded"
    assert inbox.rows("code") == [("1",)]


def test_a_decision_and_a_newer_release_together_leave_one_row_per_delivery(inbox: Inbox) -> None:
    inbox.send(table(*TEN), day=1)
    inbox.ingest()
    inbox.send(table(*TEN[:5]), day=2)
    inbox.ingest()
    inbox.decide(inbox.deliveries()[1]["delivery_id"], "accepted")
    inbox.declare(number=2)
    assert inbox.ingest().new == ()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "accepted"]
    assert len(inbox.rows("code")) == 5


def test_a_column_declared_later_is_found_in_older_deliveries(inbox: Inbox) -> None:
    inbox.send("代码,名称,数量,联系人\n1,甲,1,某\n")
    inbox.ingest()
    assert inbox.delivery()["reason"] == "columns not in the catalogue: 联系人"
    contact = {"name": "contact", "zh": "联系人", "type": "text"}
    inbox.declare(number=2, columns=[*(c.model_dump(by_alias=True) for c in inbox.resource.columns), contact])
    assert inbox.ingest().slices == ("all",)
    assert inbox.rows("contact") == [("某",)]


def test_appended_deliveries_all_count(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    for day in (1, 2, 3):
        inbox.send(table(f"{day},名称,{day}"), day=day)
    inbox.ingest_all()
    assert sorted(inbox.rows("code")) == [("1",), ("2",), ("3",)]


def test_changes_replace_rows_by_key_and_are_laid_over_what_stands(inbox: Inbox) -> None:
    inbox.declare(mode="changes")
    inbox.send(table("1,甲,1", "2,乙,2"), day=1)
    inbox.send(table("2,乙改,3", "3,丙,3", "3,丙改,4"), day=2)
    inbox.ingest_all()
    assert sorted(inbox.rows("code", "title")) == [("1", "甲"), ("2", "乙改"), ("3", "丙改")]
    inbox.send(table("1,甲改,1", "2,乙再改,2", "3,丙再改,3"), day=3)
    inbox.ingest_all()
    assert sorted(inbox.rows("title")) == [("丙再改",), ("乙再改",), ("甲改",)]
    before = inbox.versions()
    inbox.ingest()
    assert inbox.versions() == before


def test_a_late_change_is_laid_under_what_is_newer(inbox: Inbox) -> None:
    inbox.declare(mode="changes", source={"issued": r"(\d{8})"})
    inbox.send(table("1,新,1"), "d_20260220.csv", 1)
    inbox.ingest()
    inbox.send(table("1,旧,1", "2,旧,2"), "d_20260110.csv", 2)
    inbox.ingest()
    assert sorted(inbox.rows("code", "title")) == [("1", "新"), ("2", "旧")]


def test_a_new_entry_conforms_every_row_anew(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1"))
    inbox.ingest()
    columns = [column.model_dump(by_alias=True) for column in inbox.resource.columns]
    columns[2]["type"] = "text"
    inbox.declare(number=2, columns=columns)
    inbox.ingest()
    assert inbox.rows("amount") == [("1",)]


def test_a_file_that_changes_while_it_is_read_waits(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    path = inbox.send(table("1,甲,1"))
    from ingestion import landing

    copy = landing.shutil.copyfile

    def copy_a_longer_file(source: object, target: object) -> None:
        path.write_text(table("1,甲,1", "2,乙,2"), encoding="utf-8")
        copy(path, target)  # type: ignore[arg-type]

    monkeypatch.setattr(landing.shutil, "copyfile", copy_a_longer_file)
    assert inbox.ingest().new == ()
    monkeypatch.undo()
    assert len(inbox.ingest().new) == 1
    assert len(inbox.rows("code")) == 2


@pytest.mark.parametrize(
    "content",
    [
        table(f"1,{MARKER},{MARKER}", f'2,"{MARKER},2', f"3,{MARKER},3,{MARKER}", f"4,{MARKER}"),
        f'{{"代码": "1", "名称": "{MARKER}"}}\n{{"代码": "{MARKER}\n[{MARKER}]\n',
        f'[{{"代码": "{MARKER}", ',
        f'{{"data": "{MARKER}", "list": []}}',
        f"{MARKER}\n{MARKER}\n",
        table(f"1,{MARKER},1").encode("gb18030")[:-4] + b"\xff\xff",
        b"PK\x03\x04" + MARKER.encode() * 50,
        b"\xd0\xcf\x11\xe0" + MARKER.encode() * 500,
    ],
)
def test_no_value_reaches_the_register_or_a_log(
    inbox: Inbox, content: str | bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    inbox.send(content)
    inbox.ingest()
    assert MARKER not in str(inbox.delivery())
    assert MARKER not in f"{caplog.text} {capfd.readouterr()}"


def test_no_value_reaches_the_error_of_a_decoder(inbox: Inbox) -> None:
    path = inbox.send(f"{MARKER}\n{MARKER}\n")
    with pytest.raises(CivicError) as caught:
        decode_file(path, inbox.resource)
    assert MARKER not in "".join(traceback.format_exception(caught.value)).replace(repr(path), "")


def test_a_delivery_waits_for_the_next_wave_where_a_decision_takes_effect(inbox: Inbox) -> None:
    inbox.send(table(*TEN), day=1)
    inbox.ingest()
    inbox.send(table(*TEN[:8]), day=2)
    inbox.ingest()
    inbox.decide(inbox.deliveries()[1]["delivery_id"], "accepted")
    inbox.send(table(*TEN[:7]), day=3)
    assert inbox.ingest().waiting == 1
    assert len(inbox.rows("code")) == 8
    inbox.ingest()
    assert inbox.deliveries()[2]["reason"] == "shrinks from 8 to 7 rows (12.5 %, at most 10 %)"


def test_a_held_delivery_whose_file_has_left_the_inbox_is_looked_at_once_more(inbox: Inbox) -> None:
    path = inbox.send(json.dumps({"rows": [{"code": "1"}]}))
    inbox.ingest()
    path.unlink()
    inbox.declare(number=2, source={"rows_at": "rows"})
    inbox.ingest()
    assert inbox.rows("code") == [("1",)]


@pytest.mark.requirement("Q-03")
def test_raw_keeps_rows_of_every_delivery(inbox: Inbox) -> None:
    inbox.send(table("1,旧,1"), day=1)
    inbox.send(table("1,新,1"), day=2)
    inbox.ingest_all()
    assert sorted(inbox.rows("title", table=RAW)) == [("新",), ("旧",)]
