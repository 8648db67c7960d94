"""Whether what lies open may stay: judged by today's release and policy, not by those it was opened under.

Here: the same rules as for a new version, asked of the columns that were published. Not here: reading what was
published and taking it away (``opening``), and what holds of a dataset as a whole (``entry_rules.py``).

A column's sources are those of its publication; their labels are today's. So a column whose entry was closed
since is found whether or not the candidate's query still has it. Which rows a mask left empty is not asked again:
a changed ``sensitive_when`` acts on the next version.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from masking.column_rules import AdmittedColumn, Kind, kinds_left, lowered, too_strict
from masking.entry_rules import asked_k, policy_k
from masking.evidence import expected_of
from masking.labels import ColumnLabel, Labels, join, release_labels, unknown
from masking.masks import masks
from masking.refusal import Refusal, refuse
from resource_catalogue.dataset import Dataset, DatasetColumn
from resource_catalogue.model import STRICTNESS, AccessType
from resource_catalogue.release import Release
from resource_catalogue.settings import OpeningSettings


@dataclass(frozen=True, slots=True)
class Published:
    """Describe what was published.

    Attributes:
        columns: As they were declared then.
        sources: Source columns by published column, as ``schema.table.column``.
        k_reached: Smallest published cell; null where there are no cells.
    """

    dataset: str
    kind: Kind
    open_type: AccessType
    columns: tuple[DatasetColumn, ...]
    sources: Mapping[str, tuple[str, ...]]
    k_reached: int | None


def published_refusals(
    release: Release, dataset: Dataset, published: Published, policy: OpeningSettings
) -> list[Refusal]:
    """Say what speaks against a published version under today's release and policy.

    Args:
        release: Today's release.
        dataset: The dataset as that release declares it.
        published: What lies open.
        policy: Today's smallest cells.
    """
    found = [*_open_type(dataset, published), *_cell_size(dataset, published, policy)]
    for admitted in columns_today(release, published):
        if STRICTNESS[admitted.after] > STRICTNESS[published.open_type]:
            label = _label(release_labels(release), published.sources[admitted.column.name])
            found.append(too_strict(admitted.column, label, admitted.after))
    return found


def columns_today(release: Release, published: Published) -> tuple[AdmittedColumn, ...]:
    """Describe the published columns by the labels that their sources have today; none is refused here."""
    labels = release_labels(release)
    return tuple(_column(published, column, labels) for column in published.columns)


def _column(published: Published, column: DatasetColumn, labels: Labels) -> AdmittedColumn:
    mask = masks().get(column.mask) if column.mask else None
    label = _label(labels, published.sources[column.name])
    before = label.undeclassified if published.kind == "list" else label.label
    is_count = published.kind == "statistics" and column.role == "count"
    return AdmittedColumn(
        column=column,
        before=before,
        # A count was admitted as a plain one; its cells are protected by their size.
        after="open_to_all" if is_count else lowered(published.kind, column, label, before, mask),
        sources=label.sources,
        condition=None,
        expected=expected_of(kinds_left(label, mask), published.open_type),
        is_free_text=label.is_free_text and (mask is None or mask.HOLDS == "on_condition"),
    )


def _label(labels: Labels, sources: tuple[str, ...]) -> ColumnLabel:
    """Join the labels of source columns; one that the release does not know any more is closed."""
    found = []
    for source in sources:
        table, _, name = source.rpartition(".")
        found.append(labels.get(table, {}).get(name) or unknown(source))
    return join(found)


def _open_type(dataset: Dataset, published: Published) -> list[Refusal]:
    if STRICTNESS[published.open_type] >= STRICTNESS[dataset.open_type]:
        return []
    reason = (
        "已公布版本的开放类型宽于现行目录",
        f"it lies open as {published.open_type}, the catalogue now says {dataset.open_type}",
    )
    return [refuse("", reason, ("按现行类型重新开放", "open it anew under the present type"))]


def _cell_size(dataset: Dataset, published: Published, policy: OpeningSettings) -> list[Refusal]:
    least = max(asked_k(dataset, policy) or 0, policy_k(policy, published.open_type))
    if published.k_reached is None or published.k_reached >= least:
        return []
    reason = (
        f"已公布版本的最小单元 {published.k_reached} 低于现行的 {least}",
        f"its smallest published cell is {published.k_reached}, now at least {least} is asked",
    )
    return [refuse("", reason, ("按现行最小单元重新开放", "open it anew with the present minimum cell"))]
