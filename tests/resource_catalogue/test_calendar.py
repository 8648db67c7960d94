"""The working calendar that ships, and refusals of a faulty one."""

import datetime as dt
from pathlib import Path

import pytest

from resource_catalogue.calendar import load_calendar
from resource_catalogue.faults import FaultyCatalogue

HEAD = 'version: "1"\nannounced_through: 2026-12-31\ncovers_from: 2026-01-01\nsource: a notice\n'


def write(folder: Path, days: str, head: str = HEAD) -> Path:
    (folder / "own.yml").write_text(head, encoding="utf-8")
    (folder / "own.csv").write_text(days, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2025-09-26", 5, "2025-10-10"),
        ("2026-02-12", 5, "2026-02-26"),
        ("2026-09-30", 5, "2026-10-13"),
    ],
)
def test_the_shipped_calendar_gives_the_known_dates(start: str, days: int, due: str) -> None:
    found = load_calendar().add_working_days(dt.date.fromisoformat(start), days)
    assert (found.due_on, found.is_provisional) == (dt.date.fromisoformat(due), False)


def test_make_up_saturdays_are_worked_and_the_version_is_cited() -> None:
    calendar = load_calendar()
    assert calendar.is_working(dt.date(2026, 2, 14))
    assert calendar.is_working(dt.date(2026, 2, 28))
    assert calendar.version.startswith("cn@")


def test_a_deployments_own_calendar_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path, "date,is_working,note\n2026-03-16,false,own day\n")
    assert not load_calendar("own", folder).is_working(dt.date(2026, 3, 16))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("date,is_working,note\n2026-13-01,false,x\n", "own.csv:2"),
        ("date,is_working,note\n2026-03-16,maybe,x\n", "own.csv:2"),
        ("date,is_working,note\n2026-03-16,false,x\n2026-03-16,true,x\n", "own.csv:3"),
        ("date,is_working,note\n2027-01-01,false,x\n", "announced_through"),
        ("day;worked\n2026-03-16;false\n", "own.csv:2"),
    ],
)
def test_a_faulty_calendar_is_refused_at_its_line(tmp_path: Path, days: str, words: str) -> None:
    with pytest.raises(FaultyCatalogue) as caught:
        load_calendar("own", write(tmp_path, days))
    assert words in str(caught.value)


def test_a_missing_table_or_a_faulty_head_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(FaultyCatalogue, match=r"own\.csv"):
        load_calendar("own", tmp_path)
    with pytest.raises(FaultyCatalogue, match="announced_through"):
        load_calendar("own", write(tmp_path, "date,is_working,note\n", HEAD.replace("2026-12-31", "soon")))
