"""What is fetched counts with its line in the journal, or not at all."""

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_inbox import Inbox, at

from ingestion.spool import Spool


def _keep(spool: Spool, remote_id: str, content: bytes, cursor: int | None = None) -> None:
    draft = spool.draft(remote_id)
    with draft.append() as file:
        file.write(content)
    spool.keep(draft, f"https://far.example/{remote_id}", at(3), cursor, "rows")


def test_a_file_without_its_line_is_fetched_again_and_the_cursor_stays(inbox: Inbox) -> None:
    spool = Spool.of(inbox.deployment, inbox.resource.id)
    _keep(spool, "one", b"1", 1)
    _keep(spool, "two", b"2", 2)
    journal = spool.folder / "fetched.jsonl"
    first, second, _ = journal.read_bytes().split(b"\n")
    for cut in range(len(second)):
        journal.write_bytes(first + b"\n" + second[:cut])
        torn = Spool(spool.folder)
        assert (torn.knows("two"), torn.cursor("rows")) == (False, 1)
        assert len(torn.arrivals(inbox.resource, inbox.deployment, at(28))) == 1
    _keep(torn, "two", b"2", 2)
    whole = Spool(spool.folder)
    assert (whole.knows("two"), whole.cursor("rows"), whole.cursor("other")) == (True, 2, None)
    found = whole.arrivals(inbox.resource, inbox.deployment, at(28))
    assert [one.path.read_bytes() for one in found] == [b"1", b"2"]


def test_a_part_goes_on_where_it_ended(tmp_path: Path) -> None:
    with Spool(tmp_path).draft("x").append() as file:
        file.write(b"ab")
    draft = Spool(tmp_path).draft("x")
    assert draft.size == 2
    with draft.append() as file:
        file.write(b"c")
    assert draft.digest("md5") == "900150983cd24fb0d6963f7d28e17f72"


def test_what_arrives_later_is_not_there_yet(inbox: Inbox) -> None:
    spool = Spool.of(inbox.deployment, inbox.resource.id)
    _keep(spool, "one", b"1")
    assert spool.arrivals(inbox.resource, inbox.deployment, at(3) - dt.timedelta(seconds=1)) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "\x00", "x" * 5_000])
def test_what_a_far_machine_calls_a_file_is_no_path_here(tmp_path: Path, name: str) -> None:
    draft = Spool(tmp_path / "spool").draft(name)
    assert draft.path.parent == tmp_path / "spool" / "parts"


@given(st.text())
def test_any_name_is_remembered(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _keep(Spool(Path(folder)), name, b"1")
        except UnicodeEncodeError:
            return  # Half a pair of escapes is no text.
        assert Spool(Path(folder)).knows(name)


def test_a_shortened_journal_keeps_the_cursor_the_count_and_what_waits(inbox: Inbox) -> None:
    spool = Spool.of(inbox.deployment, inbox.resource.id)
    for number in range(9):
        _keep(spool, str(number), b"%d" % number, number)
    for arrival in spool.arrivals(inbox.resource, inbox.deployment, at(28))[1:]:
        spool.drop(arrival)
    spool.shorten(5)
    assert len(spool._kept) == 9
    spool.shorten(2)
    for read in (spool, Spool(spool.folder)):
        assert list(read._kept) == ["0", "7", "8"]
        assert (read.count, read.cursor("rows")) == (9, 8)
        assert [one.path.read_bytes() for one in read.arrivals(inbox.resource, inbox.deployment, at(28))] == [
            b"0"
        ]
    _keep(spool, "9", b"9", 9)
    assert (Spool(spool.folder).count, spool.cursor("rows")) == (10, 9)
