"""Dates in declared formats."""

from __future__ import annotations

from datetime import date

import pytest

from norms import dates


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("2017-03-01", "%Y-%m-%d"), ("2017/3/1", "%Y/%m/%d"), ("2017年3月1日", "%Y年%m月%d日"),
        ("20170301", "%Y%m%d"), ("2017-03-01 08:30:00", "%Y-%m-%d %H:%M:%S"), ("42795", "excel_serial"),
        ("42795.5", "excel_serial"), ("3/1/2017", "%m/%d/%Y"), ("1/3/2017", "%d/%m/%Y"),
    ],
)  # fmt: skip
def test_a_date_is_read_in_its_declared_format_only(text: str, declared: str) -> None:
    assert dates.normalise(text, [declared]).value == date(2017, 3, 1)
    other = "%Y.%m.%d"
    assert dates.normalise(text, [other]).code == "other_format"


@pytest.mark.parametrize("text", ["2017-02-29", "2017-13-01", "2017-00-10", "0000-01-01"])
def test_a_day_the_calendar_does_not_have_is_a_fault(text: str) -> None:
    assert dates.normalise(text, ["%Y-%m-%d"]).code == "impossible_date"


def test_serials_before_march_1900_are_refused_because_the_system_is_wrong_there() -> None:
    assert dates.normalise("60", ["excel_serial"]).code == "impossible_date"
    assert dates.normalise("61", ["excel_serial"]).value == date(1900, 3, 1)


def test_formats_that_exchange_day_and_month_cannot_be_declared_together() -> None:
    with pytest.raises(ValueError, match="cannot be told apart"):
        dates.normalise("1/2/2017", ["%d/%m/%Y", "%m/%d/%Y"])


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown date formats"):
        dates.normalise("1/2/17", ["%d/%m/%y"])
