"""Downloads in the public catalogue: counted from the record of access, once each, and kept when records are pruned."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from made_city import AS_OF, LIST, LIST_SQL, deployment, entities_frame, make_lake, person_frame, release
from opened_city import opened

from audit.record import AccessRecord
from lake import Lake
from opening.portal_catalogue import write_portal_catalogue
from resource_catalogue.access_words import Access

LATER = AS_OF + dt.timedelta(days=4 * 366)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = make_lake(tmp_path / "var", entities_frame(), person_frame({("329901", "男", 1980): 30}))
    opened(made, LIST, LIST_SQL)
    return made


def record_of(lake: Lake) -> AccessRecord:
    return AccessRecord.open(deployment(lake.root.parent.parent))


def fetched(lake: Lake, *ranges: str, at: dt.datetime = AS_OF, **changed: Any) -> None:
    """Record downloads of the list and seal them."""
    fields: dict[str, Any] = {
        "action": "download",
        "result": "answered",
        "recipient_id": "",
        "entry": LIST.id,
    }
    for number, given in enumerate(ranges):
        access = Access(at=at, request_id=f"r{number}", detail={"range": given}, **(fields | changed))
        record_of(lake).append(access)
    record_of(lake).seal(lake, at)


def counted(lake: Lake) -> tuple[int, int]:
    """Return what a run publishes: the downloads of the list, and of all datasets."""
    path = write_portal_catalogue(lake, release(LIST), deployment(lake.root.parent.parent), AS_OF)
    content = json.loads(path.read_text(encoding="utf-8"))
    return content["datasets"][0]["downloads"], content["statistics"]["downloads"]


def test_a_dataset_that_nobody_fetched_has_none(lake: Lake) -> None:
    assert counted(lake) == (0, 0)


def test_each_download_counts_once_however_often_it_was_resumed(lake: Lake) -> None:
    fetched(lake, "", "bytes=0-", "bytes=500-", "bytes=10-20", "bytes=0-99")
    assert counted(lake) == (3, 3)
    assert counted(lake) == (3, 3)


def test_refusals_other_accesses_and_other_entries_do_not_count(lake: Lake) -> None:
    fetched(lake, "", result="not_permitted")
    fetched(lake, "", action="query")
    fetched(lake, "", entry="another")
    assert counted(lake) == (0, 0)


def test_the_count_goes_on_where_it_ended_and_outlives_the_records(lake: Lake) -> None:
    fetched(lake, "", "")
    assert counted(lake) == (2, 2)
    fetched(lake, "", at=LATER)
    record_of(lake).seal(lake, LATER + dt.timedelta(days=1))
    assert record_of(lake).prune(lake, LATER).records == 2
    assert counted(lake) == (3, 3)


def test_a_catalogue_that_is_lost_is_counted_anew(lake: Lake) -> None:
    fetched(lake, "", "")
    counted(lake)
    (lake.root.parent / "open" / "catalogue.json").unlink()
    assert counted(lake) == (2, 2)


def test_what_did_not_change_leaves_the_catalogue_untouched_although_others_read(lake: Lake) -> None:
    fetched(lake, "")
    counted(lake)
    path = lake.root.parent / "open" / "catalogue.json"
    before = path.stat().st_mtime_ns
    fetched(lake, "", action="lookup")
    counted(lake)
    assert path.stat().st_mtime_ns == before
