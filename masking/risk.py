"""Measure re-identification risk, and keep small cells out of statistics.

Here: figures from one contingency group-by, and the minimum cell with its complement. Not here: how small
is too small (``decision.py``, from the deployment's policy) and what happens to lists (``protection.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

TOTAL_MARKS = ("合计", "总计", "小计", "全部", "全市", "total", "Total", "TOTAL", "all", "All", "ALL")
"""Words that mark a total in a dimension; so does a null (ROLLUP, CUBE)."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Hold the risk of a table whose rows are single subjects (k-anonymity, GB/T 42460-2023).

    Attributes:
        rows: Rows measured.
        classes: Distinct combinations of the quasi-identifiers.
        uniques: Classes of one row.
        k: Size of the smallest class; null for no rows.
        l: Fewest distinct sensitive values in a class; null without a sensitive column.
        max_risk: Chance of picking the right row in the smallest class.
        average_risk: The same on average over all rows, that is classes divided by rows.
    """

    rows: int
    classes: int
    uniques: int
    k: int | None
    l: int | None  # noqa: E741 - the name of the measure
    max_risk: float
    average_risk: float


def measure(frame: pl.DataFrame, quasi: Sequence[str], sensitive: str | None = None) -> Risk:
    """Measure a table by its quasi-identifiers; nulls are a value like any other.

    Args:
        frame: One row per subject.
        quasi: Columns by which an outsider may know a subject.
        sensitive: Column whose diversity within classes is wanted.
    """
    if frame.is_empty():
        return Risk(0, 0, 0, None, None, 0.0, 0.0)
    distinct = pl.col(sensitive).n_unique() if sensitive else pl.lit(None, pl.UInt32)
    cells = frame.with_columns(pl.lit(0).alias("_all"))
    cells = cells.group_by("_all", *quasi).agg(pl.len().alias("_size"), distinct.alias("_distinct"))
    figures = cells.select(
        k=pl.col("_size").min(), uniques=(pl.col("_size") == 1).sum(), diversity=pl.col("_distinct").min()
    ).row(0, named=True)
    return Risk(
        rows=len(frame),
        classes=len(cells),
        uniques=int(figures["uniques"]),
        k=int(figures["k"]),
        l=figures["diversity"],
        max_risk=1 / int(figures["k"]),
        average_risk=len(cells) / len(frame),
    )


@dataclass(frozen=True, slots=True)
class Cells:
    """Hold the cells that may be published.

    Attributes:
        frame: The rows left.
        suppressed: Cells left out because they are too small.
        totals_suppressed: Totals left out because a cell could be told from them.
        k: Smallest count left; null for no rows.
    """

    frame: pl.DataFrame
    suppressed: int
    totals_suppressed: int
    k: int | None


def minimum_cell(frame: pl.DataFrame, quasi: Sequence[str], count: str, k: int) -> Cells:
    """Leave out the cells below a minimum size, and every total from which one could be told.

    First every row whose count is missing or below ``k`` goes. Then each row that is a total over some
    dimension (null or a word for it there) goes if a cell that it covers went, unless its count is too
    small to be that total. What is left adds up only to totals whose every cell is published, so that no
    equation within the table holds a suppressed cell. A category "unknown" written as null may go
    needlessly; that is safe. Totals published elsewhere are beyond what one table can tell.

    Args:
        frame: One row per cell.
        quasi: Dimensions of the cells.
        count: Column with the size of the cell.
        k: Smallest size that may be published.
    """
    is_small = (pl.col(count).is_null() | (pl.col(count) < k)).alias("_small")
    marked = frame.with_columns(is_small).with_row_index("_row")
    small = marked.filter("_small")
    revealing = _revealing_totals(marked, quasi, count) if len(small) else []
    left = marked.filter(~pl.col("_small") & ~pl.col("_row").is_in(revealing))
    k_reached = left[count].min()
    return Cells(
        frame=left.drop("_row", "_small"),
        suppressed=len(small),
        totals_suppressed=len(revealing),
        k=int(k_reached) if isinstance(k_reached, int) else None,
    )


def margins_apart(frame: pl.DataFrame, quasi: Sequence[str]) -> bool:
    """Tell whether a table shows two kinds of totals without the cells that both are made of.

    The one then gives the sum from which a cell left out of the other is told, whichever totals are left out:
    by division and by sex, say, but never by both.
    """
    shapes = [
        {column for column, total in zip(quasi, row, strict=True) if total}
        for row in frame.select(_is_total(column).alias(column) for column in quasi).unique().iter_rows()
    ]
    return any(
        not (one <= other or other <= one) and one & other not in shapes
        for place, one in enumerate(shapes)
        for other in shapes[place + 1 :]
    )


def _is_total(column: str) -> pl.Expr:
    return pl.col(column).is_null() | pl.col(column).cast(pl.String).is_in(TOTAL_MARKS)


def _revealing_totals(marked: pl.DataFrame, quasi: Sequence[str], count: str) -> list[int]:
    """Find the totals that cover a small cell, one group-by per combination of totalled dimensions."""
    shapes = marked.select(_is_total(column).alias(column) for column in quasi)
    found: list[int] = []
    for shape in shapes.unique().iter_rows():
        over = [column for column, total in zip(quasi, shape, strict=True) if total]
        within = [column for column in quasi if column not in over]
        if over:
            found.extend(_revealing_in(marked, over, within, count))
    return found


def _revealing_in(marked: pl.DataFrame, over: list[str], within: list[str], count: str) -> list[int]:
    """Find the revealing totals over one combination of dimensions."""
    is_here = pl.all_horizontal(_is_total(c) for c in over)
    if within:
        is_here &= ~pl.any_horizontal(_is_total(c) for c in within)
    totals = marked.filter(is_here & ~pl.col("_small")).with_columns(pl.lit(0).alias("_all"))
    covered = marked.filter(~is_here).with_columns(pl.lit(0).alias("_all"))
    # Only rows finer in every totalled dimension are sure parts; others would be counted twice.
    is_part = ~pl.any_horizontal(_is_total(c) for c in over)
    parts = covered.group_by("_all", *within).agg(
        pl.col("_small").any().alias("_has_small"),
        pl.col(count).filter(is_part & ~pl.col("_small")).sum().alias("_published"),
    )
    joined = totals.join(parts, on=["_all", *within], how="inner", nulls_equal=True)
    return joined.filter(pl.col("_has_small") & (pl.col(count) >= pl.col("_published")))["_row"].to_list()
