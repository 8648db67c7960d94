"""A row that is gone is traced to where it stood last, and to what took it away."""

import sys
from pathlib import Path

import pytest

from reporting import trace as tracing
from reporting.gone_rows import gone_rows
from resource_catalogue.errors import NotFoundError
from resource_catalogue.identifiers import business_key

sys.path.append(str(Path(__file__).parents[1] / "ingestion"))
from made_inbox import ID, STANDARD, Inbox, table


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    made = Inbox(tmp_path / "city", guard={"max_shrink_pct": 100})
    monkeypatch.setattr(tracing, "current_release", lambda _: made.release)
    return made


@pytest.mark.requirement("Q-03")
def test_a_row_that_is_gone_is_traced_to_its_last_delivery_and_to_the_one_without_it(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", "2,乙,2"), "first.csv", day=1)
    inbox.send(table("1,甲,1"), "second.csv", day=2)
    inbox.ingest_all()
    (line,) = tracing.trace_known(inbox.deployment, inbox.lake, STANDARD, "2")
    assert line.file_name.endswith("2026-03-01/bureau/first.csv")
    assert (line.line, line.row_number) == (3, 2)
    assert line.deleted_in_file.endswith("2026-03-02/bureau/second.csv")
    assert line.deleted_in == inbox.deliveries()[1]["delivery_id"]
    (there,) = tracing.trace_known(inbox.deployment, inbox.lake, STANDARD, "1")
    assert there.deleted_in == ""
    with pytest.raises(NotFoundError):
        tracing.trace_known(inbox.deployment, inbox.lake, STANDARD, "3")


def test_of_a_row_that_went_twice_the_last_time_is_told(inbox: Inbox) -> None:
    for day, rows in enumerate((["1,甲,1", "2,乙,2"], ["1,甲,1"], ["2,乙二,2"], ["1,甲三,1"]), start=1):
        inbox.send(table(*rows), f"{day}.csv", day)
    inbox.ingest_all()
    key = business_key(inbox.deployment, inbox.resource, "2")
    (gone,) = gone_rows(inbox.lake, ID, [key or ""])
    files = {one["delivery_id"]: one["file_name"][-5:] for one in inbox.deliveries()}
    assert (files[gone.row_id[0]], gone.row_id[1], gone.deleted_in_file[-5:]) == ("3.csv", 1, "4.csv")


def test_before_anything_went_nothing_is_gone(inbox: Inbox) -> None:
    assert gone_rows(inbox.lake, ID, ["0" * 32]) == []
