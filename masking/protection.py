"""Put a masked table under its minimum cell: small cells of statistics go, lists too unique are refused.

Here: what the decision's ``k`` does to the rows. Not here: how it is measured (``risk.py``).
"""

from dataclasses import dataclass

import polars as pl

from masking.decision import Decision
from masking.refusal import DatasetRefused, refuse
from masking.risk import margins_apart, measure, minimum_cell


@dataclass(frozen=True, slots=True)
class Protected:
    """Hold what may be published.

    Attributes:
        frame: The rows.
        k_reached: Smallest cell left; null where there are no cells.
        suppressed_cells: Cells left out for their size.
        suppressed_totals: Totals left out because a cell could be told from them.
    """

    frame: pl.DataFrame
    k_reached: int | None = None
    suppressed_cells: int = 0
    suppressed_totals: int = 0


def protect(frame: pl.DataFrame, decision: Decision) -> Protected:
    """Apply the minimum cell.

    Args:
        frame: The masked table.
        decision: What was decided for it.

    Raises:
        DatasetRefused: A list has combinations of quasi-identifiers that too few rows share; or the cells of
            statistics with further figures are not unique, or cells left out could be told from other totals.
    """
    if decision.k is None:
        return Protected(frame)
    quasi = decision.names("quasi")
    if decision.kind == "list":
        return _list(frame, quasi, decision, decision.k)
    count = decision.names("count")[0]
    merged = _merged(frame, quasi, count, decision)
    cells = minimum_cell(merged, quasi, count, decision.k)
    if cells.suppressed and margins_apart(merged, quasi):
        reason = (
            "按不同维度分别汇总而无交叉单元，隐去的单元可由其他合计推出",
            "totals over different dimensions without their joint cells tell a cell that is left out",
        )
        remedy = (
            "同时给出交叉单元，或只按一种维度汇总",
            "give the joint cells too, or keep to one kind of total",
        )
        raise DatasetRefused(decision.dataset, [refuse(", ".join(quasi), reason, remedy)])
    return Protected(cells.frame, cells.k, cells.suppressed, cells.totals_suppressed)


def _list(frame: pl.DataFrame, quasi: list[str], decision: Decision, k: int) -> Protected:
    risk = measure(frame, quasi)
    if risk.k is not None and risk.k < k:
        reason = (
            f"按准标识符分组，最小组仅 {risk.k} 行，共 {risk.uniques} 行唯一",
            f"the smallest group by quasi-identifiers has {risk.k} rows; {risk.uniques} rows are unique",
        )
        remedy = (f"泛化，使每组至少 {k} 行", f"generalise until every group has {k} rows")
        raise DatasetRefused(decision.dataset, [refuse(", ".join(quasi), reason, remedy)])
    return Protected(frame, risk.k)


def _merged(frame: pl.DataFrame, quasi: list[str], count: str, decision: Decision) -> pl.DataFrame:
    """Add up cells that masks have made equal; further figures cannot be added up."""
    whole = frame.with_columns(pl.col(count).cast(pl.Int64))
    if not whole.select(pl.struct(quasi).is_duplicated().any() if quasi else pl.len() > 1).item():
        return whole
    figures = decision.names("value")
    if figures:
        reason = ("脱敏后有重复单元，数值无法合并", "masks made cells equal whose figures cannot be merged")
        remedy = ("在候选模型中先按泛化后的维度汇总", "aggregate by the generalised dimension in the model")
        raise DatasetRefused(decision.dataset, [refuse(", ".join(figures), reason, remedy)])
    added = whole.group_by(quasi).agg(pl.col(count).sum()) if quasi else whole.select(pl.col(count).sum())
    return added.select(frame.columns)
