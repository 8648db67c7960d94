"""Whether one column may leave with its mask: the label it comes down to against the dataset's open type.

Here: verdicts on columns by label, mask and role, without looking at content. Not here: what the label is
(``labels.py``, ``lineage.py``) and whether the content keeps to it (``decision.py``).

- In a list nothing is declassified by counting, since no minimum cell protects it.
- In statistics a dimension (``quasi``) may be personal, as long as it does not identify directly: the
  minimum cell is what anonymises it. One that identifies directly needs a mask that generalises. Exactly
  one column is the count, it is a count indeed, and no other column is made with counts: the minimum cell
  would not protect a second one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from masking.conditions import condition_sql
from masking.evidence import Expected, expected_of
from masking.labels import ColumnLabel, strictest
from masking.mask_contract import Arguments, Mask
from masking.masks import masks
from masking.refusal import Refusal, refuse
from resource_catalogue.dataset import Dataset, DatasetColumn
from resource_catalogue.model import STRICTNESS, AccessType
from resource_catalogue.release import Release

Kind = Literal["list", "statistics"]


@dataclass(frozen=True, slots=True)
class AdmittedColumn:
    """Hold a column that may leave, and why.

    Attributes:
        column: As the dataset declares it.
        before: Label by its sources; ``after`` with its mask and role.
        sources: Source columns.
        condition: SQL over the candidate's columns by which the mask nulls.
        expected: What it is declared to hold.
        is_free_text: Whether long text in it was not declared open.
    """

    column: DatasetColumn
    before: AccessType
    after: AccessType
    sources: tuple[str, ...]
    condition: str | None
    expected: Expected
    is_free_text: bool

    @property
    def arguments(self) -> Arguments:
        """Return the arguments of its mask."""
        return self.column.arguments


def judge_columns(
    release: Release, dataset: Dataset, outputs: Mapping[str, ColumnLabel]
) -> tuple[list[AdmittedColumn], list[Refusal]]:
    """Judge every column of a dataset by label, mask and role.

    Args:
        release: The catalogue release.
        dataset: The dataset.
        outputs: Labels of its candidate's columns.

    Returns:
        What may leave, and what is refused.
    """
    admitted, refused = [], _count_refusals(dataset)
    for column in dataset.columns:
        verdict = _judge(release, dataset, column, outputs)
        if isinstance(verdict, Refusal):
            refused.append(verdict)
        else:
            admitted.append(verdict)
    return admitted, refused


def _count_refusals(dataset: Dataset) -> list[Refusal]:
    counts = [column.name for column in dataset.columns if column.role == "count"]
    wanted = 1 if dataset.kind == "statistics" else 0
    if len(counts) == wanted:
        return []
    reason = (
        f"{'统计' if wanted else '明细'}数据集有 {len(counts)} 个计数字段",
        f"a dataset of kind {dataset.kind} with {len(counts)} columns of role count",
    )
    return [refuse("", reason, (f"应为 {wanted} 个", f"exactly {wanted}"))]


def _judge(
    release: Release, dataset: Dataset, column: DatasetColumn, outputs: Mapping[str, ColumnLabel]
) -> AdmittedColumn | Refusal:
    label = outputs.get(column.name)
    if label is None:
        reason = ("候选表没有此字段", "the candidate has no such column")
        return refuse(column.name, reason, ("更正字段名或候选模型", "correct the name or the model"))
    mask = masks().get(column.mask) if column.mask else None
    wrong = _wrong_mask(column, mask) or _wrong_role(dataset, column, label)
    if wrong:
        return wrong
    condition = (
        condition_sql(column.name, outputs, release) if mask and mask.HOLDS == "on_condition" else None
    )
    if mask and mask.HOLDS == "on_condition" and condition is None:
        reason = ("候选表无法判断哪些行为个人信息", "the candidate does not tell which rows are personal")
        remedy = (
            "在候选表中原样保留条件所用字段，且与该字段同行",
            "keep the condition's columns in the candidate unchanged, from the same row",
        )
        return refuse(column.name, reason, remedy)
    before = label.undeclassified if dataset.kind == "list" else label.label
    after = lowered(dataset.kind, column, label, before, mask)
    if STRICTNESS[after] > STRICTNESS[dataset.open_type]:
        return too_strict(column, label, after)
    return AdmittedColumn(
        column=column,
        before=before,
        after=after,
        sources=label.sources,
        condition=condition,
        expected=expected_of(kinds_left(label, mask), dataset.open_type),
        is_free_text=label.is_free_text and (mask is None or mask.HOLDS == "on_condition"),
    )


def kinds_left(label: ColumnLabel, mask: Mask | None) -> frozenset[str]:
    """Return the declared types that still say what the published values are: a mask makes other values."""
    return label.kinds if mask is None or mask.HOLDS == "on_condition" else frozenset()


def _wrong_mask(column: DatasetColumn, mask: Mask | None) -> Refusal | None:
    if column.mask and mask is None:
        reason = (f"没有名为 {column.mask} 的脱敏方法", f"there is no mask {column.mask}")
        return refuse(column.name, reason, ("选用：" + "、".join(masks()), "one of " + ", ".join(masks())))
    if mask is None:
        return None
    try:
        mask.check(column.arguments)
    except ValueError as error:
        reason = (f"脱敏参数有误：{error}", f"arguments of the mask: {error}")
        return refuse(column.name, reason, ("更正参数", "correct the arguments"))
    return None


def _wrong_role(dataset: Dataset, column: DatasetColumn, label: ColumnLabel) -> Refusal | None:
    """Refuse counts that are none, and second figures made with counts, in statistics."""
    if dataset.kind != "statistics":
        return None
    if column.role == "count" and (label.counted != "purely" or column.mask):
        reason = ("计数字段不是未经处理的计数", "the count is not a plain COUNT")
        return refuse(column.name, reason, ("用 count() 生成", "make it with count()"))
    if column.role == "value" and label.counted != "not":
        reason = (
            "由计数得出的第二个数值不受最小单元保护",
            "a second figure made with counts is not protected",
        )
        return refuse(column.name, reason, ("删除，或另立数据集", "drop it, or make a dataset of its own"))
    return None


def lowered(
    kind: Kind, column: DatasetColumn, label: ColumnLabel, before: AccessType, mask: Mask | None
) -> AccessType:
    """Return the label of a column with its mask and role, given its label before them."""
    is_dimension = column.role == "quasi"
    if mask is None:
        is_protected = kind == "statistics" and is_dimension and not label.is_direct
        return "open_to_all" if is_protected else before
    if mask.HOLDS == "on_condition":
        to = strictest([mask.LOWERS, label.floor])
    elif mask.HOLDS == "in_cells" and not is_dimension:
        to = strictest([mask.LOWERS, "conditional"])
    else:
        to = mask.LOWERS
    return min(before, to, key=lambda t: STRICTNESS[t])


def too_strict(column: DatasetColumn, label: ColumnLabel, after: AccessType) -> Refusal:
    """Refuse a column whose label stays stricter than the open type, naming the strictest source's reason."""
    shown = ", ".join(label.sources[:3]) or "-"
    reason = (
        f"{label.reason.zh}（来自 {shown}）",
        f"{after}: {label.reason.en} (from {shown})",
    )
    remedy = (
        "删除该字段，脱敏，或在统计数据集中作为维度",
        "drop the column, mask it, or make it a dimension of statistics",
    )
    return refuse(column.name, reason, remedy)
