import pytest

from reporting.delivery_words import delivery_reason


@pytest.mark.parametrize(
    "reason",
    [
        "the workbook cannot be read (ZipError); a whole XLSX or XLS file; "
        "open it in a spreadsheet program, save it and send it again",
        "the bytes are not valid utf-8 or gb18030; UTF-8 or GB18030; save it as UTF-8",
        "the file is empty; a file with rows; send the file again",
        "the file cannot be decoded (PanicException); a table in one of the forms that are read; "
        "open it in the program it came from, save it and send it again",
        "changes 12.5 % of 80 rows (at most 10 %); headings and notes passed over: 2",
        "no sheet of the workbook has rows; a sheet with a table; send it again",
        "the resource is retired and market.new has taken its place; a delivery of market.new; "
        "send it as market.new",
        "the upper tier's system has reported it already; no second report (reported_by: upper); "
        "send nothing, or correct reported_by or source.submitted_by in the entry",
        "neither JSON nor JSON lines; valid JSON; export the file again",
        "column issued_on: 0.0 % of its values read as date, 100.0 % before (impossible_date 1, other_format 4); "
        "columns in another order",
        "the same bytes as delivery 8bb99d5e73dd9dd2, which a later one replaced",
    ],
)
def test_a_reason_is_said_in_both_languages_part_by_part(reason: str) -> None:
    words = delivery_reason(reason)
    assert words is not None
    assert words.en == reason
    parts = words.zh.split("；")
    assert len(parts) == len(reason.split("; "))
    assert all(any("\u4e00" <= character <= "\u9fff" for character in part) for part in parts)


def test_a_reason_that_nobody_translated_stands_as_it_is() -> None:
    words = delivery_reason("something new")
    assert words is not None
    assert (words.zh, words.en) == ("something new", "something new")


def test_names_of_columns_that_a_file_brought_along_are_not_repeated() -> None:
    words = delivery_reason(
        "columns that are gone: 甲; new columns: 乙; columns under another name: 丙 -> 丁"
    )
    assert words is not None
    assert not set("甲乙丙丁") & set(words.zh + words.en)
    assert words.zh.count("列名见批次清单") == 3
