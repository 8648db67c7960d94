"""Conform text rows to the catalogue: typed, normalised, with what was wrong kept beside each value.

A value that breaks its type becomes null; the reason and the text as sent are kept, the row stays. Validity
is computed here once; every later check reads ``<column>__fault``. Values are judged by ``norms``, not here.
"""

import datetime as dt
from collections.abc import Callable, Iterable

import polars as pl
import pyarrow as pa

from ingestion.header import declared_names, raw_label
from ingestion.row_keys import row_key, subject_keys
from norms import certificate_identifier, citizen_id, credit_code, dates, mobile, money, registration_number
from norms.text import absent_expression, bare_expression, tidy_expression
from resource_catalogue.resource import Column, Resource

STORAGE: dict[str, pa.DataType] = {
    "money": pa.decimal128(20, 2),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "boolean": pa.bool_(),
}
"""Storage type by column type; every other type is text."""

_IDENTIFIERS: dict[str, Callable[[pl.Series], pl.DataFrame]] = {
    "citizen_id": citizen_id.normalise_series,
    "credit_code": credit_code.normalise_series,
    "registration_number": registration_number.normalise_series,
    "certificate_identifier": certificate_identifier.normalise_series,
}
_DESTROYED = "\N{REPLACEMENT CHARACTER}"
_LANDLINE = r"^(?:\+?86)?(?:0[0-9]{2,3})?[2-9][0-9]{6,7}(?:(?:转|x|X)[0-9]{1,6})?$|^[48]00[0-9]{7}$"
_ZONE = "Asia/Shanghai"
"""Zone of instants written without one: all of China keeps Beijing time."""
_TIME_OF_DAY = (
    r"(?:[ T]|^[0-9]{8})(?P<h>[0-9]{1,2}):?(?P<m>[0-9]{2})(?::?(?P<s>[0-9]{2}))?(?:\.[0-9]+)?"
    r" ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_ZONED = r"([T ]\d{1,2}:?\d{2}(?::?\d{2})?(?:\.\d+)?) ?(?:Z|[+-]\d{2}:?\d{2})\s*$"
_TRUE, _FALSE = ("true", "1", "是", "有", "y", "yes"), ("false", "0", "否", "无", "n", "no")


def standard_schema(resource: Resource) -> pa.Schema:
    """Return the columns of a resource's ``standard`` table, in order."""
    fields: list[tuple[str, pa.DataType]] = [
        ("_delivery_id", pa.string()),
        ("_slice", pa.string()),
        ("_row_number", pa.int64()),
        ("_line", pa.int64()),
        ("_sheet", pa.string()),
        ("_order_key", pa.string()),
        ("_collected_at", pa.timestamp("us", tz="UTC")),
        ("_collected_place", pa.string()),
        ("_received_at", pa.timestamp("us", tz="UTC")),
        ("_row_key", pa.string()),
        ("_has_key", pa.bool_()),
        *((f"_{entity}_key", pa.string()) for entity in resource.entities),
    ]
    for column in resource.columns:
        fields.append((column.name, STORAGE.get(column.type, pa.string())))
        fields += [(f"{column.name}__fault", pa.string()), (f"{column.name}__original", pa.string())]
    return pa.schema(fields)


def conform(raw: pl.DataFrame, resource: Resource, key: bytes) -> pa.Table:
    """Conform a batch of raw rows.

    Args:
        raw: Rows of ``raw`` with ``_slice``, ``_order_key`` and ``_received_at`` of their delivery. The hash of
            a keyless row covers the declared columns only, so a widened table does not change it.
        resource: What the columns mean.
        key: Secret of the row keys.

    Returns:
        The batch under ``standard_schema``.
    """
    raw = raw.with_columns(as_sent(raw, column) for column in resource.columns)
    sent = [column.name for column in resource.columns]
    frame = raw
    for column in resource.columns:
        frame = frame.with_columns(_conformed(raw[column.name], column))
    originals = pl.concat([raw.select(sent).rename({c: f"{c}__sent" for c in sent}), frame], how="horizontal")
    frame = originals.with_columns(
        *row_key(resource, [f"{c}__sent" for c in sent], key),
        *subject_keys(resource, key),
        *_collected(resource),
    )
    schema = standard_schema(resource)
    return frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)


def business_keys(raw: pl.DataFrame, resource: Resource, key: bytes) -> pl.Series:
    """Return the row keys that stand for complete, valid business keys, as ``conform`` makes them; null elsewhere."""
    sent = raw.with_columns(as_sent(raw, resource.column(name)) for name in resource.key)
    values = [readings(sent[name], resource.column(name))["value"].alias(name) for name in resource.key]
    row, has_key = row_key(resource, [], key)
    return pl.DataFrame(values).select(pl.when(has_key).then(row).alias("_row_key"))["_row_key"]


def raw_labels(column: Column) -> list[str]:
    """List the names under which ``raw`` may hold a column, that of its declaration first."""
    return list(dict.fromkeys((column.name, *map(raw_label, declared_names(column)))))


def as_sent(raw: pl.DataFrame, column: Column) -> pl.Expr:
    """Return the text of a column as sent; an older delivery may have it under a name declared later."""
    if column.constant is not None:
        return pl.lit(column.constant).alias(column.name)
    present = [pl.col(label) for label in raw_labels(column) if label in raw.columns]
    return pl.coalesce(*present, pl.lit(None, dtype=pl.String)).alias(column.name)


def _conformed(text: pl.Series, column: Column) -> list[pl.Series]:
    """Return value, fault and original of one column; a word for "nothing" is no value and no fault."""
    name = column.name
    read = readings(text, column)
    absent = read["code"] == "not_stated"
    fault = read["code"].set(absent.fill_null(value=False), None)
    original = text.set(fault.is_null(), None)
    return [read["value"].alias(name), fault.alias(f"{name}__fault"), original.alias(f"{name}__original")]


def readings(text: pl.Series, column: Column) -> pl.DataFrame:
    """Return ``value`` and ``code`` of each text as the column's type reads it; a word for "nothing" is a code too."""
    match column.type:
        case "citizen_id" | "credit_code" | "registration_number" | "certificate_identifier" as kind:
            return _IDENTIFIERS[kind](text)
        case "subject_identifier":
            return _subject_identifier(text)
        case "money":
            return money.normalise_series(text, column.unit or "元")
        case "date":
            return dates.normalise_series(text, column.formats)
        case "datetime":
            return _instant(text, column.formats)
        case "phone":
            return _phone(text)
        case "integer":
            return _number(text, pl.Int64, "not_an_integer")
        case "decimal":
            return _number(text, pl.Float64, "not_a_number")
        case "boolean":
            return _boolean(text)
    return _text(text)


def _text(text: pl.Series) -> pl.DataFrame:
    """Strip outer white space; destroyed characters make the value unusable."""
    cells = text.alias("cell").to_frame().with_columns(bare=bare_expression(pl.col("cell")))
    stripped = pl.col("cell").str.strip_chars()
    absent = (pl.col("bare") == "") | absent_expression(pl.col("bare"))
    value = cells.select(pl.when(absent).then(None).otherwise(stripped).alias("value"))["value"]
    destroyed = value.str.contains(_DESTROYED, literal=True).fill_null(value=False)
    return _frame(value.set(destroyed, None), destroyed, "destroyed_characters")


def _subject_identifier(text: pl.Series) -> pl.DataFrame:
    """Read an ID number or a credit code; an ID number of digits only may pass for a code, so it goes first."""
    person, body = citizen_id.normalise_series(text), credit_code.normalise_series(text)
    is_person = person["value"].is_not_null()
    return pl.DataFrame(
        {"p": person["value"], "pc": person["code"], "b": body["value"], "bc": body["code"]}
    ).select(value=pl.coalesce("p", "b"), code=pl.when(is_person).then("pc").otherwise("bc"))


def _phone(text: pl.Series) -> pl.DataFrame:
    found = mobile.normalise_series(text)
    bare = _text(text)["value"].str.replace_all(r"[\s()（）\-—－]", "")
    landline = bare.str.contains(_LANDLINE).fill_null(value=False) & found["value"].is_null()
    return found.with_columns(
        value=pl.when(landline).then(bare).otherwise("value"),
        code=pl.when(landline).then(pl.lit(None, pl.String)).otherwise("code"),
    )


def _instant(text: pl.Series, formats: tuple[str, ...]) -> pl.DataFrame:
    """Read the day as a date is read, and beside it the time of day and the zone, if any; else it is Beijing time."""
    day = dates.normalise_series(text.str.replace(_ZONED, "${1}"), formats)
    time = tidy_expression(pl.col("text")).str.extract_groups(_TIME_OF_DAY)
    parts = day.with_columns(text=text).with_columns(time=time).select(
        "code",
        *(pl.col("time").struct.field(part).fill_null("0").cast(pl.Int64).alias(part) for part in ("h", "m", "s")),
        zone=pl.col("time").struct.field("zone"),
        day=pl.col("value").cast(pl.Datetime("us")),
    )  # fmt: skip
    local = pl.col("day") + pl.duration(hours="h", minutes="m", seconds="s")
    at_home = local.dt.replace_time_zone(_ZONE).dt.convert_time_zone("UTC")
    elsewhere = (local - _offset(pl.col("zone"))).dt.replace_time_zone("UTC")
    value = pl.when(pl.col("zone").is_null()).then(at_home).otherwise(elsewhere)
    return parts.select(value=value, code="code")


def _offset(zone: pl.Expr) -> pl.Expr:
    """Return how far a zone is ahead of UTC."""
    figures = zone.str.replace("Z", "+0000", literal=True).str.replace(":", "", literal=True)
    hours, minutes = (figures.str.slice(start, 2).cast(pl.Int64) for start in (1, 3))
    ahead = pl.duration(hours=hours, minutes=minutes)
    return pl.when(figures.str.starts_with("-")).then(-ahead).otherwise(ahead)


def _number(text: pl.Series, kind: type[pl.DataType], code: str) -> pl.DataFrame:
    bare = _text(text)["value"].str.replace_all(",", "", literal=True)
    if kind == pl.Int64:
        bare = bare.str.replace(r"\.0+$", "")
    value = bare.cast(kind, strict=False)
    return _frame(value, text.is_not_null() & bare.is_not_null() & value.is_null(), code)


def _boolean(text: pl.Series) -> pl.DataFrame:
    """Read yes and no; 无 is the opposite of 有 here, not the absence of a value."""
    said = text.str.strip_chars().str.to_lowercase()
    value = pl.Series("value", [None] * len(said), dtype=pl.Boolean)
    value = value.set(said.is_in(list(_TRUE)).fill_null(value=False), True)
    value = value.set(said.is_in(list(_FALSE)).fill_null(value=False), False)
    return _frame(value, _text(text)["value"].is_not_null() & value.is_null(), "not_a_boolean")


def _frame(value: pl.Series, wrong: pl.Series, code: str) -> pl.DataFrame:
    codes = pl.Series("code", [None] * len(value), dtype=pl.String).set(wrong.fill_null(value=False), code)
    return pl.DataFrame([value.alias("value"), codes])


def _collected(resource: Resource) -> Iterable[pl.Expr]:
    """Return when and where each row was collected at the source (Weihai a10): a column or a constant."""
    return (
        _collected_at(resource).cast(pl.Datetime("us", "UTC")).alias("_collected_at"),
        _collected_place(resource).cast(pl.String).alias("_collected_place"),
    )


def _collected_at(resource: Resource) -> pl.Expr:
    at = resource.collected.at
    if isinstance(at, dt.date):
        return pl.lit(dt.datetime(at.year, at.month, at.day, tzinfo=dt.UTC))
    if at is None:
        return pl.lit(None)
    if resource.column(at).type == "date":
        return pl.col(at).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return pl.col(at)


def _collected_place(resource: Resource) -> pl.Expr:
    place = resource.collected.place
    names = {column.name for column in resource.columns}
    return pl.col(place) if place in names else pl.lit(place)
