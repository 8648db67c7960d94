"""Decide whether a dataset may leave: by labels first, then by its full content.

Here: the decision and its record. Not here: the rules themselves (``entry_rules.py``, ``column_rules.py``),
the minimum cell (``protection.py``) and writing (``opening``). Fails closed: what cannot be followed is
refused, by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl
from polars.exceptions import PolarsError

from lake import Lake
from masking.column_rules import AdmittedColumn, judge_columns
from masking.entry_rules import asked_k, entry_refusals
from masking.evidence import find_evidence
from masking.labels import ColumnLabel, Labels, release_labels
from masking.lineage import Untraceable, label_columns, tables_read
from masking.mask_contract import MaskContext
from masking.masks import masks
from masking.refusal import DatasetRefused, Refusal, refuse
from resource_catalogue.dataset import Dataset
from resource_catalogue.errors import LakeError
from resource_catalogue.model import AccessType
from resource_catalogue.release import Release
from resource_catalogue.settings import Settings
from resource_catalogue.words import TableName

LONG_TEXT = 100
"""Characters from which a value is free text: 5 to 10 % of names stay in it whatever tool looks for them."""
_TRACE = ("改写查询，使每个输出字段可追溯", "rewrite the query so that every output can be traced")


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold what may leave and under which protection.

    Attributes:
        columns: In the order in which they are published.
        k: Smallest cell asked for; null where there are no cells.
        refused: Reasons against; a decision with any is no permission.
    """

    dataset: str
    kind: Literal["list", "statistics"]
    open_type: AccessType
    columns: tuple[AdmittedColumn, ...]
    k: int | None
    refused: tuple[Refusal, ...] = ()

    def names(self, role: str | None = None) -> list[str]:
        """List the columns, those of one role only if it is given."""
        return [c.column.name for c in self.columns if role in (None, c.column.role)]


def decide(
    release: Release,
    dataset: Dataset,
    candidate_sql: str,
    lake: Lake,
    settings: Settings,
    context: MaskContext,
) -> Decision:
    """Decide whether a dataset may leave.

    Args:
        release: The catalogue release.
        dataset: The dataset of that release.
        candidate_sql: The compiled query of ``candidate.<dataset>``.
        lake: The lake that holds the candidate, for its content.
        settings: The deployment's settings, for its policy.
        context: Day and key of the masks.

    Raises:
        DatasetRefused: Naming every refused column with reason and remedy.
        LakeError: The candidate is not built.
    """
    judged = judge(release, dataset, candidate_sql, lake, settings)
    if judged.refused:
        raise DatasetRefused(dataset.id, judged.refused)
    refused = judge_content(masked(candidate(lake, dataset.id), judged, context), judged)
    if refused:
        raise DatasetRefused(dataset.id, refused)
    return judged


def judge(release: Release, dataset: Dataset, candidate_sql: str, lake: Lake, settings: Settings) -> Decision:
    """Judge a dataset by labels alone; refusals are in the answer, not raised."""
    decision = Decision(dataset.id, dataset.kind, dataset.open_type, (), asked_k(dataset, settings.opening))
    try:
        tables = tables_read(candidate_sql)
        outputs = _outputs(release, candidate_sql, tables, lake)
    except Untraceable as error:
        reason = (error.reason.zh, error.reason.en or error.reason.zh)
        return replace(decision, refused=(refuse(error.place, reason, _TRACE),))
    admitted, refused = judge_columns(release, dataset, outputs)
    whole = entry_refusals(release, dataset, tables, settings.opening)
    return replace(decision, columns=tuple(admitted), refused=(*whole, *refused))


def _outputs(release: Release, sql: str, tables: list[str], lake: Lake) -> Mapping[str, ColumnLabel]:
    stored = {table: _stored_columns(lake, table) for table in tables if "." in table.strip(".")}
    labels: Labels = release_labels(release, {table: columns for table, columns in stored.items() if columns})
    schema = {table: list(labels[table]) for table in tables if table in labels}
    return label_columns(sql, schema, labels)


def _stored_columns(lake: Lake, table: str) -> list[str]:
    name = TableName.parse(table)
    return lake.query(f"select * from {name} limit 0", name).columns if lake.exists(name) else []


def candidate(lake: Lake, dataset_id: str) -> pl.DataFrame:
    """Read the candidate of a dataset.

    Raises:
        LakeError: It is not built.
    """
    table = TableName("candidate", dataset_id)
    if not lake.exists(table):
        raise LakeError(
            str(table), "没有此表 / there is no such table", "", "先运行模型 / run the models first"
        )
    return lake.read(table)


def masked(frame: pl.DataFrame, decision: Decision, context: MaskContext) -> pl.DataFrame:
    """Return the columns that may leave, masked, in the order of the dataset.

    Raises:
        DatasetRefused: A column is missing, or its mask does not fit its values.
    """
    missing = [name for name in decision.names() if name not in frame.columns]
    if missing:
        reason = ("候选表没有此字段", "the candidate has no such column")
        refusals = [refuse(name, reason, ("重新运行模型", "run the models again")) for name in missing]
        raise DatasetRefused(decision.dataset, refusals)
    made = [_masked_column(frame, column, decision, context) for column in decision.columns]
    return pl.DataFrame(made)


def _masked_column(
    frame: pl.DataFrame, admitted: AdmittedColumn, decision: Decision, context: MaskContext
) -> pl.Series:
    name, mask = admitted.column.name, masks().get(admitted.column.mask or "")
    if mask is None:
        return frame[name]
    try:
        condition = pl.sql_expr(admitted.condition) if admitted.condition else None
        expression = mask.apply(pl.col(name), admitted.arguments, replace(context, condition=condition))
        return frame.select(expression.alias(name)).to_series()
    except (PolarsError, ValueError):
        # The engine's own text may print a value.
        reason = (
            f"脱敏方法 {admitted.column.mask} 不适用",
            f"mask {admitted.column.mask} does not fit the values",
        )
    raise DatasetRefused(decision.dataset, [refuse(name, reason, ("另选脱敏方法", "choose another mask"))])


def judge_content(frame: pl.DataFrame, decision: Decision) -> list[Refusal]:
    """Judge what would be published by its full content: types, identifiers, free text."""
    refused = []
    for admitted in decision.columns:
        series = frame[admitted.column.name]
        if series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object):
            reason = ("此类型无法检查", "a type that cannot be checked")
            refused.append(refuse(series.name, reason, ("展开为普通字段", "spread it into plain columns")))
        elif admitted.is_free_text and series.dtype == pl.String:
            refused.extend(_free_text(series))
    expected = {c.column.name: c.expected for c in decision.columns}
    for evidence in find_evidence(frame, expected):
        remedy = ("删除或脱敏该字段，或退回提供机构核实", "drop or mask it, or send it back to the agency")
        refused.append(refuse(evidence.column, (evidence.text.zh, evidence.text.en), remedy))
    return refused


def _free_text(series: pl.Series) -> list[Refusal]:
    long = int((series.str.len_chars() > LONG_TEXT).sum())
    if not long:
        return []
    reason = (f"未声明开放的长文本：{long} 个单元格", f"free text that is not declared open: {long} cells")
    remedy = ("在资源目录中为该信息项写明 open", "give the column its own open type in the catalogue")
    return [refuse(series.name, reason, remedy)]
