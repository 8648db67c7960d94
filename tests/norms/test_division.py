"""The history of divisions, against the list that ships."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from norms.division import DivisionHistory, DivisionRow

LIST = Path(__file__).parents[2] / "resource_catalogue" / "code_lists" / "divisions.csv"


@pytest.fixture(scope="module")
def history() -> DivisionHistory:
    with LIST.open(encoding="utf-8", newline="") as file:
        return DivisionHistory([DivisionRow.from_fields(fields) for fields in csv.DictReader(file)])


def test_the_shipped_list_holds_every_code_ever_used(history: DivisionHistory) -> None:
    assert len(history.codes) == 6445
    assert 3100 < len(history.codes_on(date(2022, 12, 31))) < 3300


@pytest.mark.parametrize(
    ("code", "abolished", "successor"),
    [
        ("510202", 1997, "500103"),
        ("110103", 2010, "110101"),
        ("310226", 2001, "310120"),
        ("330124", 1996, "330112"),
    ],
)
def test_an_abolished_code_was_valid_once_and_leads_to_its_successor(
    history: DivisionHistory, code: str, abolished: int, successor: str
) -> None:
    assert history.ever_valid(code)
    assert history.valid_on(code, date(abolished - 1, 6, 1))
    assert not history.valid_on(code, date(abolished + 1, 6, 1))
    assert history.successors(code, date(2022, 6, 1)) == (successor,)


def test_successors_are_followed_only_as_far_as_the_day(history: DivisionHistory) -> None:
    assert history.successors("330124", date(2000, 1, 1)) == ("330185",)
    assert history.successors("330124", date(1990, 1, 1)) == ("330124",)


def test_a_code_whose_name_changed_remains_itself(history: DivisionHistory) -> None:
    assert history.successors("120110", date(2022, 1, 1)) == ("120110",)
    assert history.name_on("120110", date(1990, 1, 1)) == "东郊区"
    assert history.name_on("120110", date(2000, 1, 1)) == "东丽区"


def test_a_county_lies_in_its_city_and_province_and_some_only_in_the_province(
    history: DivisionHistory,
) -> None:
    assert history.chain("320902") == ("320902", "320900", "320000")
    assert history.chain("110105") == ("110105", "110000")
    assert history.chain("999999") == ()


def test_following_successors_ends_even_where_two_codes_name_each_other() -> None:
    rows = [
        DivisionRow("100001", "甲", "county", 1990, 1995, ("100002",)),
        DivisionRow("100002", "乙", "county", 1990, 1996, ("100001",)),
    ]
    assert DivisionHistory(rows).successors("100001", date(2020, 1, 1)) == ()


def test_an_unknown_level_is_refused_with_the_place() -> None:
    fields = {
        "code": "100001",
        "name": "",
        "level": "town",
        "valid_from": "1990",
        "valid_to": "",
        "successors": "",
    }
    with pytest.raises(ValueError, match="100001"):
        DivisionRow.from_fields(fields)
