"""Text becomes typed values; what breaks its type is null with its reason and its text beside it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from made_inbox import Inbox, a_resource, table

from ingestion.conform import conform, standard_schema
from resource_catalogue.subject_keys import subject_key_of

KEY = b"k" * 32


def conformed(texts: list[str | None], column: dict[str, Any], **changes: Any) -> pl.DataFrame:
    """Conform one column of text."""
    resource = a_resource(
        columns=[{"name": "c", "zh": "列", **column}], key=changes.pop("key", ()), **changes
    )
    count = len(texts)
    raw = pl.DataFrame(
        {
            "_delivery_id": ["d"] * count, "_row_number": range(1, count + 1), "_line": range(2, count + 2),
            "_sheet": [""] * count, "_slice": ["all"] * count, "_order_key": ["o"] * count,
            "_received_at": [dt.datetime(2026, 3, 1, tzinfo=dt.UTC)] * count, "c": texts,
        },
        schema_overrides={"c": pl.String, "_row_number": pl.Int64, "_line": pl.Int64},
    )  # fmt: skip
    frame = pl.from_arrow(conform(raw, resource, KEY))
    assert isinstance(frame, pl.DataFrame)
    return frame


def read(text: str | None, **column: Any) -> tuple[Any, Any, Any]:
    """Return value, fault and original of one text."""
    (row,) = conformed([text], column).select("c", "c__fault", "c__original").rows()
    return row


@pytest.mark.parametrize(
    ("text", "column", "value", "fault"),
    [
        ("甲 ", {"type": "text"}, "甲", None),
        ("a\ufffdb", {"type": "text"}, None, "destroyed_characters"),
        ("007", {"type": "code", "codes": "x"}, "007", None),
        ("2万人民币", {"type": "money", "unit": "元"}, Decimal("20000.00"), None),
        ("1.5", {"type": "money", "unit": "万元"}, Decimal("15000.00"), None),
        ("2026-03-01", {"type": "date"}, dt.date(2026, 3, 1), None),
        ("2026-02-30", {"type": "date"}, None, "impossible_date"),
        ("01/02/2026", {"type": "date"}, None, "other_format"),
        ("1,200.0", {"type": "integer"}, 1200, None),
        ("12a", {"type": "integer"}, None, "not_an_integer"),
        ("1.5", {"type": "integer"}, None, "not_an_integer"),
        ("-3.25", {"type": "decimal"}, -3.25, None),
        ("x", {"type": "decimal"}, None, "not_a_number"),
        ("是", {"type": "boolean"}, True, None),
        ("0", {"type": "boolean"}, False, None),
        ("无", {"type": "boolean"}, False, None),
        ("perhaps", {"type": "boolean"}, None, "not_a_boolean"),
        ("13800138000", {"type": "phone"}, "13800138000", None),
        ("010-62345678", {"type": "phone"}, "01062345678", None),
        ("9.11E+17", {"type": "credit_code"}, None, "scientific_notation"),
        ("91350100M000100Y43", {"type": "credit_code"}, "91350100M000100Y43", None),
        ("11010519491231002X", {"type": "subject_identifier"}, "11010519491231002X", None),
        ("91350100M000100Y43", {"type": "subject_identifier"}, "91350100M000100Y43", None),
    ],
)
def test_a_text_is_read_as_its_declared_type(
    text: str, column: dict[str, Any], value: Any, fault: str | None
) -> None:
    assert read(text, **column) == (value, fault, text if fault else None)


@pytest.mark.parametrize(
    "kind", ["text", "money", "date", "datetime", "integer", "decimal", "boolean", "credit_code"]
)
@pytest.mark.parametrize("text", [None, "", " 　", "N/A", "暂无", "—"])
def test_a_word_for_nothing_is_absent_without_a_fault(kind: str, text: str | None) -> None:
    assert read(text, type=kind) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-03-01 08:30:15", ["%Y-%m-%d %H:%M:%S"], "2026-03-01T00:30:15+00:00"),
        ("2026/3/1 8:05", ["%Y/%m/%d %H:%M"], "2026-03-01T00:05:00+00:00"),
        ("2026-03-01T23:59:59", ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], "2026-03-01T15:59:59+00:00"),
        ("20260301083015", ["%Y%m%d%H%M%S"], "2026-03-01T00:30:15+00:00"),
        ("2026-03-01", ["%Y-%m-%d"], "2026-02-28T16:00:00+00:00"),
    ],
)
def test_an_instant_is_read_as_beijing_time(text: str, formats: list[str], expected: str) -> None:
    value, fault, _ = read(text, type="datetime", formats=formats)
    assert (value.isoformat(), fault) == (expected, None)


def test_an_instant_on_a_day_that_does_not_exist_is_a_fault() -> None:
    assert read("2026-02-30 08:00:00", type="datetime", formats=["%Y-%m-%d %H:%M:%S"])[:2] == (
        None,
        "impossible_date",
    )


def test_a_constant_column_needs_nothing_in_the_file() -> None:
    assert conformed(["x"], {"type": "text", "constant": "penalty"})["c"].to_list() == ["penalty"]


def test_a_row_key_follows_the_business_key_and_the_whole_row_where_that_is_broken() -> None:
    frame = conformed(
        ["91350100M000100Y43", "91350100m000100y43", "?", "??"], {"type": "credit_code"}, key=("c",)
    )
    keys = frame["_row_key"].to_list()
    assert frame["_has_key"].to_list() == [True, True, False, False]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert all(len(key) == 32 for key in keys)


def test_a_row_key_differs_with_the_secret() -> None:
    text = ["91350100M000100Y43"]
    first = conformed(text, {"type": "credit_code"}, key=("c",))["_row_key"]
    resource = a_resource(columns=[{"name": "c", "zh": "列", "type": "credit_code"}], key=("c",))
    raw = conformed(text, {"type": "credit_code"}).select(
        "_delivery_id", "_row_number", "_line", "_sheet", "_slice", "_order_key", "_received_at", "c"
    )
    other = conform(raw, resource, b"o" * 32)
    assert other["_row_key"].to_pylist() != first.to_list()


@pytest.mark.requirement("K-06")
def test_a_subject_key_stands_for_the_normalised_identifier() -> None:
    column = {"type": "credit_code", "base": "organisation.credit_code"}
    frame = conformed(["91350100m000100y43", "N/A"], column)
    expected = subject_key_of("organisation", ["91350100M000100Y43"], KEY)
    assert frame["_organisation_key"].to_list() == [expected, None]


@pytest.mark.requirement("K-08")
def test_time_and_place_at_the_source_come_from_a_column_or_a_constant() -> None:
    by_column = conformed(["2026-03-01"], {"type": "date"}, collected={"at": "c", "place": "329900"})
    assert by_column["_collected_at"].to_list() == [dt.datetime(2026, 3, 1, tzinfo=dt.UTC)]
    assert by_column["_collected_place"].to_list() == ["329900"]
    constant = conformed(["x"], {"type": "text"}, collected={"at": "2025-12-31", "place": "c"})
    assert constant["_collected_at"].to_list() == [dt.datetime(2025, 12, 31, tzinfo=dt.UTC)]
    assert constant["_collected_place"].to_list() == ["x"]


def test_every_type_of_column_has_its_storage(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1"))
    inbox.ingest()
    schema = standard_schema(inbox.resource)
    assert inbox.lake.read(_standard(inbox)).columns == schema.names
    assert schema.names[-9:] == [
        f"{c}{end}" for c in ("code", "title", "amount") for end in ("", "__fault", "__original")
    ]


def _standard(inbox: Inbox) -> Any:
    from resource_catalogue.words import standard_table

    return standard_table(inbox.resource.id)
