"""What must hold for a dataset as a whole before any column is looked at.

Here: listing, open type against the entry's, what the candidate may read, the policy's smallest cell; the
first two also by themselves, since they hold against what lies open already. Not here: columns
(``column_rules.py``) and content (``decision.py``).
"""

from collections.abc import Iterable

from masking.refusal import Refusal, refuse
from resource_catalogue.dataset import Dataset
from resource_catalogue.model import STRICTNESS, AccessType
from resource_catalogue.release import Release
from resource_catalogue.settings import OpeningSettings
from resource_catalogue.words import standard_table

_LIST_IT = ("发布该目录后再开放", "list the entry first")
_UNLISTED = {"suspended": ("已暂停", "suspended"), "retired": ("已停用", "retired")}


def policy_k(policy: OpeningSettings, open_type: AccessType) -> int:
    """Return the smallest cell that the deployment's policy allows for an open type."""
    return policy.k_open_to_all if open_type == "open_to_all" else policy.k_conditional


def asked_k(dataset: Dataset, policy: OpeningSettings) -> int | None:
    """Return the smallest cell of a dataset; null for a list without dimensions."""
    has_cells = dataset.kind == "statistics" or any(c.role == "quasi" for c in dataset.columns)
    return (dataset.k or policy_k(policy, dataset.open_type)) if has_cells else None


def standing_refusals(release: Release, dataset_id: str) -> list[Refusal]:
    """Refuse what holds of a dataset whatever is in it: not listed, its sources not, its open type not admitted.

    These hold against what is published already just as against a new version (suspension and withdrawal:
    Yancheng a28, Xinjiang a30, Weihai a30).

    Args:
        release: The catalogue release.
        dataset_id: Id of a dataset; the release need not know it any more.
    """
    dataset = release.catalogue.datasets.get(dataset_id)
    if dataset is None:
        reason = ("目录中已无此数据集", "the catalogue has no such dataset any more")
        return [refuse("", reason, _LIST_IT)]
    return [*_listing(release, dataset), *_open_type(release, dataset)]


def entry_refusals(
    release: Release, dataset: Dataset, tables: Iterable[str], policy: OpeningSettings
) -> list[Refusal]:
    """Refuse what is wrong with the dataset as a whole.

    Args:
        release: The catalogue release.
        dataset: The dataset.
        tables: Tables that its candidate reads, as ``schema.name``.
        policy: The deployment's smallest cells.
    """
    return [
        *_listing(release, dataset),
        *_open_type(release, dataset),
        *_reads(release, dataset, tables),
        *_cell_size(dataset, policy),
    ]


def _listing(release: Release, dataset: Dataset) -> list[Refusal]:
    """Refuse what is not listed: only listed entries count."""
    found = []
    state = release.states.get(dataset.id)
    if state != "listed":
        zh, en = _UNLISTED.get(state or "", ("未发布", "not listed"))
        found.append(refuse("", (f"开放目录{zh}", f"the dataset is {en}"), _LIST_IT))
    if dataset.kind == "list" and dataset.entry is None:
        reason = ("明细数据集未指定资源目录", "a list names no entry to follow")
        found.append(refuse("", reason, ("填写 entry", "set entry")))
    named = dict.fromkeys([*([dataset.entry] if dataset.entry else []), *dataset.sources])
    for resource_id in named:
        state = release.states.get(resource_id)
        if state != "listed" or resource_id not in release.catalogue.resources:
            zh, en = _UNLISTED.get(state or "", ("未发布", "not listed"))
            reason = (f"资源目录 {resource_id} {zh}", f"entry {resource_id} is {en}")
            found.append(refuse("", reason, _LIST_IT))
    return found


def _open_type(release: Release, dataset: Dataset) -> list[Refusal]:
    """Refuse an open type looser than the entry's, or unknown to the regulation; and important data."""
    found = []
    entry = release.catalogue.resources.get(dataset.entry) if dataset.entry else None
    if entry and STRICTNESS[dataset.open_type] < STRICTNESS[entry.open.type]:
        reason = (
            f"开放类型宽于资源目录 {entry.id}",
            f"open type {dataset.open_type} is looser than {entry.open.type} of {entry.id}",
        )
        found.append(refuse("", reason, ("改用目录的开放类型", "take the entry's open type")))
    if dataset.open_type == "conditional" and release.profile.open_types.conditional is None:
        reason = ("所依规定没有有条件开放类型", "the regulation knows no conditional opening")
        found.append(refuse("", reason, ("脱敏后无条件开放或不开放", "mask and open to all, or do not open")))
    for resource_id in dataset.sources:
        resource = release.catalogue.resources.get(resource_id)
        is_secret = resource and resource.secrecy and resource.secrecy.state == "secret"
        if resource and (is_secret or (resource.level and resource.level.national != "general")):
            reason = (
                f"{resource_id} 涉密或为重要、核心数据",
                f"{resource_id} is secret, important or core data",
            )
            found.append(refuse("", reason, ("脱敏不能代替脱密", "masking does not lift secrecy")))
    return found


def _reads(release: Release, dataset: Dataset, tables: Iterable[str]) -> list[Refusal]:
    """Refuse a candidate that reads beyond bases and the providing agency's standard tables."""
    entry = release.catalogue.resources.get(dataset.entry) if dataset.entry else None
    agencies = {dataset.agency, *([entry.agency] if entry else [])}
    named = {
        str(standard_table(r)): r for r in (*dataset.sources, *([dataset.entry] if dataset.entry else []))
    }
    found = []
    for table in tables:
        schema = table.split(".")[0]
        resource = release.catalogue.resources.get(named.get(table, ""))
        if schema == "base" or (schema == "standard" and resource and resource.agency in agencies):
            continue
        reason = (f"候选表读取了 {table}", f"the candidate reads {table}")
        remedy = (
            "仅可读取基础库，以及 sources 所列、由本机构提供的标准库表",
            "read base tables, and standard tables of this agency that sources name",
        )
        found.append(refuse("", reason, remedy))
    return found


def _cell_size(dataset: Dataset, policy: OpeningSettings) -> list[Refusal]:
    least = policy_k(policy, dataset.open_type)
    if dataset.k is None or dataset.k >= least:
        return []
    reason = (
        f"最小单元 {dataset.k} 低于规定的 {least}",
        f"minimum cell {dataset.k} is below the policy's {least}",
    )
    return [refuse("", reason, ("提高 k", "raise k"))]
