"""Markers planted as data subjects appear nowhere but where the architecture says they may."""

import csv
import re
import sqlite3
from pathlib import Path

import pytest
from civiclake import ACTS, civiclake, lake_of, run_act, small_city

MARKERS = {
    "name": "泄密测试人甲",
    "address": "泄密路九十九号泄密苑",
    "date": "泄密2020年泄密",
    "code": "泄密代码XMDM",
    "phone": "13899990000泄密",
}
MAY_HOLD = ("raw", "standard", "claims", "base", "theme", "topic", "share", "candidate")
REJECTED = "rejected_rows"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run a city whose household register carries markers in right and in broken cells; return what was printed."""
    home = small_city(tmp_path_factory.mktemp("marked") / "city", seed=3, persons=300, organisations=200)
    for path in sorted((home / "feeds").rglob("household_*.csv")):
        plant(path)
    said = run_act(home, 1)
    said += civiclake("run", "--home", str(home), "--as-of", ACTS[1])
    said += civiclake("status", "--home", str(home))
    said += civiclake("tasks", "list", "--home", str(home))
    return home, said


def plant(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    whole = [row for row in rows if len(row) == len(header)]
    for number, label in enumerate(header):
        marker = next((m for word, m in _WORDS if re.search(word, label)), None)
        if marker:
            whole[number + 2][number] = marker
    whole[1] = [
        MARKERS["name"] if "姓名" in label else cell for label, cell in zip(header, whole[1], strict=True)
    ]
    rows.append([MARKERS["name"], MARKERS["address"], "too few"])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


_WORDS = [
    ("姓名", MARKERS["name"]),
    ("址", MARKERS["address"]),
    ("日期", MARKERS["date"]),
    ("民族|性别|区划|代码", MARKERS["code"]),
    ("电话|手机", MARKERS["phone"]),
    ("身份", MARKERS["code"] + "1"),
]


def traces(text: str) -> list[str]:
    return [name for name, marker in MARKERS.items() if marker[:8] in text]


def test_markers_are_really_in_the_lake(printed: tuple[Path, str]) -> None:
    home, _ = printed
    lake = lake_of(home)
    held = "".join(lake.read(t).write_json() for t in lake.tables("raw", "standard", "base"))
    assert set(traces(held)) == set(MARKERS) - {"phone"} or set(traces(held)) == set(MARKERS)


def test_nothing_printed_names_a_data_subject(printed: tuple[Path, str]) -> None:
    assert traces(printed[1]) == []


def test_no_other_table_names_a_data_subject(printed: tuple[Path, str]) -> None:
    home, _ = printed
    lake = lake_of(home)
    for table in lake.tables():
        if table.schema not in MAY_HOLD and table.name != REJECTED:
            assert traces(lake.read(table).write_json()) == [], table


def test_no_file_of_the_run_names_a_data_subject(printed: tuple[Path, str]) -> None:
    home, _ = printed
    for path in sorted((home / "var").rglob("*")):
        part = path.relative_to(home / "var").parts[0]
        if not path.is_file() or part in ("landing", "lake"):
            continue
        text = (
            _sqlite_text(path)
            if path.suffix in (".sqlite", ".db")
            else path.read_bytes().decode("utf-8", "ignore")
        )
        assert traces(text) == [], path.relative_to(home)


def test_no_identifier_of_a_person_is_in_tasks_findings_dagster_or_report(printed: tuple[Path, str]) -> None:
    from resource_catalogue.words import TableName

    home, said = printed
    lake = lake_of(home)
    numbers = set(lake.query("select citizen_id from base.person", TableName("base", "person"))["citizen_id"])
    assert len(numbers) > 100
    seen = set(re.findall(r"[0-9]{17}[0-9X]", said))
    for folder in ("dagster", "state", "report", "dbt", "open"):
        for path in (home / "var" / folder).rglob("*"):
            if path.is_file():
                seen |= set(re.findall(r"[0-9]{17}[0-9X]", path.read_bytes().decode("utf-8", "ignore")))
    assert not seen & numbers


def _sqlite_text(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        return "\n".join(connection.iterdump())
