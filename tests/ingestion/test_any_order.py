"""Deliveries that come late, out of order or several times give the same table as all of them in order at once."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_inbox import STANDARD, Inbox, table

from lake.tables import DELETED_ROWS

EXAMPLES = 60 if os.environ.get("TEST_WHOLE") else 2
DECLARED: dict[str, Any] = {
    "source": {"issued": r"(\d{8})", "slice": r"_(?P<part>[ab])"},
    "guard": {"max_shrink_pct": 100, "max_type_flip_pct": 100},
}
MARKED = {"update": {"deleted": {"column": "操作", "values": ["删"], "whole": ["全"]}}}


@dataclass(frozen=True)
class Sent:
    """A file, and when it came: on which of the days on which runs are made."""

    name: str
    content: str
    day: int


_rows = st.lists(
    st.tuples(st.sampled_from("1234"), st.sampled_from("甲乙"), st.sampled_from(["", "", "删"])), max_size=4
)


@st.composite
def _sequences(draw: st.DrawFn, mode: str) -> tuple[list[Sent], list[Sent]]:
    """Draw files in order of issue, and the same files as they come: whenever, and some of them again."""
    in_order, coming = [], []
    for issued in range(1, draw(st.integers(2, 5)) + 1):
        mark = "全" if mode == "changes" and draw(st.integers(0, 5)) == 5 else ""
        lines = [f"{code},{title},{issued},{mark or said}" for code, title, said in draw(_rows)]
        # Equal bytes of two days of issue are news among changes; snapshots of that kind wait for a person.
        blank = [] if mode == "changes" else [f"9,第{issued}次,9,"]
        content = table(*lines, *blank, header="代码,名称,数量,操作")
        name = f"202603{issued:02}_{draw(st.sampled_from('ab')) if mode != 'changes' else 'a'}"
        in_order.append(Sent(f"{name}.csv", content, issued))
        coming.append(Sent(f"{name}.csv", content, draw(st.integers(10, 13))))
        if draw(st.booleans()):
            coming.append(Sent(f"{name}_again.csv", content, draw(st.integers(10, 14))))
    return in_order, draw(st.permutations(coming))


@contextmanager
def _city(mode: str) -> Iterator[Inbox]:
    with tempfile.TemporaryDirectory() as folder:
        yield Inbox(Path(folder), mode=mode, **DECLARED, **(MARKED if mode == "changes" else {}))


def _said(inbox: Inbox) -> tuple[str, list[tuple[Any, ...]]]:
    """Return the hash of the business columns, and which rows went; numbers and ids are those of the files."""
    rows = inbox.lake.query(f"select code, title, amount from {STANDARD}", STANDARD)
    files = {one["delivery_id"]: one["file_name"].split("/")[-1][:10] for one in inbox.deliveries()}
    gone = inbox.lake.read(DELETED_ROWS)
    gone = gone if gone.height else pl.DataFrame(schema={"old_delivery_id": pl.String})
    went = [
        (files[row["old_delivery_id"]], row["old_row_number"], files[row["new_delivery_id"]])
        for row in gone.to_dicts()
    ]
    return str(sorted(rows.rows())), sorted(went)


@pytest.mark.requirement("Q-03")
@pytest.mark.parametrize("mode", ["snapshot", "append", "changes"])
def test_any_sequence_of_deliveries_gives_the_table_of_all_in_order(mode: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(_sequences(mode), st.sets(st.integers(10, 14)))
    def holds(sequences: tuple[list[Sent], list[Sent]], runs: set[int]) -> None:
        in_order, coming = sequences
        with _city(mode) as inbox:
            for one in in_order:
                inbox.send(one.content, one.name, one.day)
            inbox.ingest_all()
            expected = _said(inbox)
        with _city(mode) as inbox:
            for one in coming:
                inbox.send(one.content, one.name, one.day)
            for day in sorted(runs):
                inbox.ingest_all(day)
            inbox.ingest_all()
            assert _said(inbox) == expected
            assert {row["state"] for row in inbox.deliveries()} == {"loaded"}

    holds()
