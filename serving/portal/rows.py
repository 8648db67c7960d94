"""Rows of an opened dataset: the first ones for the page, sums for its chart, pages of them for programs.

Here: reading the dataset's Parquet file. Not here: whether the rows may be seen (``portal.py``). An engine's error
never carries a value out.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from opening.catalogue_shape import PublicColumn, PublicDataset
from serving.portal.holdings import Holdings, file_of

PREVIEW_ROWS = 10
MOST_BARS = 12
Row = dict[str, Any]


class Unreadable(Exception):
    """Say that a file could not be read: its name and the kind of error, never the text, which may print values."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn an engine's error into one without values; the lake's own way of it would load the lake's engines here."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        kind = type(error).__name__
    else:
        return
    # From None: the engine's error must not come along as context either.
    raise Unreadable(f"{path.name}: {kind}") from None


@dataclass(frozen=True, slots=True)
class Bar:
    """Show one value of a column: its name, the sum of what is counted, the share of the longest bar in percent."""

    label: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Show the sums of a statistics dataset by one of its columns; ``left_out`` values are not shown."""

    column: PublicColumn
    counted: PublicColumn
    bars: tuple[Bar, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Say which rows are asked for.

    Attributes:
        filters: By column, the values of which a row must have one.
        words: Text that any column must hold.
        columns: Columns to return; empty returns all.
        sort: Columns to sort by, and whether downwards.
    """

    filters: Mapping[str, tuple[str, ...]]
    words: str = ""
    columns: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = 100
    offset: int = 0
    distinct: bool = False


def preview(holdings: Holdings, dataset: PublicDataset) -> list[list[str]]:
    """Return the first rows as a person reads them: codes with their names."""
    path = _parquet(holdings, dataset)
    return _preview(path, _mark(dataset)) if path else []


@lru_cache(maxsize=256)
def _preview(path: Path, mark: str) -> list[list[str]]:
    with reading(path):
        frame = pl.scan_parquet(path).head(PREVIEW_ROWS).collect()
        texts = frame.with_columns(pl.all().cast(pl.String))
    return [["" if value is None else value for value in row] for row in texts.iter_rows()]


def charts(holdings: Holdings, dataset: PublicDataset) -> list[Chart]:
    """Sum a statistics dataset's count by each of its other columns; none for a list."""
    counted = next((column for column in dataset["columns"] if column["role"] == "count"), None)
    path = _parquet(holdings, dataset)
    if counted is None or path is None:
        return []
    by = [column for column in dataset["columns"] if column["role"] == "quasi"]
    return [_chart(path, _mark(dataset), column, counted) for column in by]


def _chart(path: Path, mark: str, column: PublicColumn, counted: PublicColumn) -> Chart:
    sums = _sums(path, mark, column["name"], counted["name"])
    names = {code["code"]: code["name"] for code in column["codes"]}
    longest = max((count for _, count in sums), default=0) or 1
    bars = [Bar(names.get(value, value), count, round(count / longest * 100, 2)) for value, count in sums]
    if not _is_ordered(value for value, _ in sums):
        bars.sort(key=lambda bar: -bar.count)
    return Chart(column, counted, tuple(bars[:MOST_BARS]), max(0, len(bars) - MOST_BARS))


def _is_ordered(values: Iterable[str]) -> bool:
    """Tell whether values stand for bands such as 20-29, whose order says more than their size."""
    return all(value[:1].isdigit() and not value.isdigit() for value in values)


@lru_cache(maxsize=256)
def _sums(path: Path, mark: str, column: str, counted: str) -> list[tuple[str, int]]:
    with reading(path):
        frame = (
            pl.scan_parquet(path)
            .group_by(pl.col(column).cast(pl.String))
            .agg(pl.col(counted).sum().cast(pl.Int64))
            .drop_nulls()
            .collect()
        )
    return sorted(frame.iter_rows(), key=_band)


def _band(pair: tuple[str, int]) -> tuple[int, str]:
    """Order bands by their first number."""
    digits = pair[0].replace("+", "-").split("-")[0]
    return (int(digits) if digits.isdigit() and len(digits) < 4 else 0, pair[0])


def select(holdings: Holdings, dataset: PublicDataset, selection: Selection) -> tuple[list[Row], int]:
    """Return a page of rows and how many there are in all.

    Raises:
        KeyError: A column is named that the dataset does not have.
    """
    path = _parquet(holdings, dataset)
    if path is None:
        raise FileNotFoundError(dataset["id"])
    known = {column["name"] for column in dataset["columns"]}
    asked = {*selection.filters, *selection.columns, *(name for name, _ in selection.sort)}
    if not asked <= known:
        raise KeyError(sorted(asked - known)[0])
    with reading(path):
        return _selected(pl.scan_parquet(path), selection)


def _selected(rows: pl.LazyFrame, selection: Selection) -> tuple[list[Row], int]:
    for name, values in selection.filters.items():
        rows = rows.filter(pl.col(name).cast(pl.String).is_in(list(values)))
    if selection.words:
        held = pl.all().cast(pl.String).str.contains(selection.words, literal=True).fill_null(False)
        rows = rows.filter(pl.any_horizontal(held))
    if selection.columns:
        rows = rows.select(selection.columns)
    if selection.distinct:
        rows = rows.unique(maintain_order=True)
    if selection.sort:
        names, downwards = zip(*selection.sort, strict=True)
        rows = rows.sort(list(names), descending=list(downwards), nulls_last=True, maintain_order=True)
    total = rows.select(pl.len())
    part = rows.slice(selection.offset, selection.limit).with_columns(
        pl.selectors.temporal().cast(pl.String), pl.selectors.decimal().cast(pl.Float64)
    )
    counted, page = pl.collect_all([total, part])
    return page.to_dicts(), int(counted.item())


def _parquet(holdings: Holdings, dataset: PublicDataset) -> Path | None:
    file = file_of(dataset, "parquet") if dataset["downloadable"] else None
    return holdings.path(dataset, file) if file else None


def _mark(dataset: PublicDataset) -> str:
    file = file_of(dataset, "parquet")
    return file["sha256"] if file else ""
