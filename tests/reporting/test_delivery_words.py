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
        "neither JSON nor JSON lines; valid JSON; export the file again",
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
