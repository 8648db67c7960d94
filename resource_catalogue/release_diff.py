"""What changed between two catalogue releases, entry by entry and field by field, in words a reviewer reads.

Here: comparing two releases and saying a change in Chinese and English. Not here: making or storing releases
(``release.py``, ``lake/releases.py``), nor the 15 working days within which a change is due (``casework/``).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from resource_catalogue.code_list import CodeList
from resource_catalogue.model import Label
from resource_catalogue.release import Release

ChangedKind = Literal["profile", "agency", "resource", "register", "dataset", "joint_collection", "code_list"]

KIND_WORDS: dict[ChangedKind, Label] = {
    "profile": Label(zh="办法", en="profile"),
    "agency": Label(zh="机构", en="agency"),
    "resource": Label(zh="资源", en="resource"),
    "register": Label(zh="数源清单", en="source register"),
    "dataset": Label(zh="开放数据集", en="dataset"),
    "joint_collection": Label(zh="协同采集登记", en="joint collection"),
    "code_list": Label(zh="代码表", en="code list"),
}
"""What a person calls the kinds of entries."""
_NAMING_KEYS = ("name", "id", "post", "field", "agency")


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one change.

    Attributes:
        action: Whether an entry (or, below a path, a field) was added, removed or changed.
        path: Keys down to the field, parts of lists by name: ``columns[phone].open.type``; empty for the
            whole entry; ``state`` for its state in the release.
        before: JSON of the former value, null where there was none or the whole entry is concerned.
        after: JSON of the present value, likewise.
    """

    kind: ChangedKind
    id: str
    action: Literal["added", "removed", "changed"]
    path: str = ""
    before: str | None = None
    after: str | None = None

    def text(self) -> Label:
        """Return the change as a person reads it."""
        word = KIND_WORDS[self.kind]
        subject_zh = f"{word.zh} {self.id}" + (f" 的 {self.path}" if self.path else "")
        subject_en = f"{word.en} {self.id}" + (f", {self.path}" if self.path else "")
        if self.action == "added":
            value = f": {self.after}" if self.after is not None else ""
            return Label(zh=f"新增{subject_zh}{value}", en=f"added {subject_en}{value}")
        if self.action == "removed":
            value = f": {self.before}" if self.before is not None else ""
            return Label(zh=f"删除{subject_zh}{value}", en=f"removed {subject_en}{value}")
        return Label(
            zh=f"{subject_zh} 由 {self.before} 改为 {self.after}",
            en=f"{subject_en}: {self.before} became {self.after}",
        )


def diff_releases(a: Release, b: Release) -> list[Change]:
    """Compare two releases.

    Args:
        a: The earlier one.
        b: The later one.

    Returns:
        Changes of the profile first, then of agencies, resources, registers, datasets, joint
        collections, states, code lists. A value equal to its default counts as absent, as it does in the
        release's hash.
    """
    before, after = a.catalogue, b.catalogue
    return [
        *_profile(a, b),
        *_group("agency", before.agencies, after.agencies),
        *_group("resource", before.resources, after.resources),
        *_group("register", before.registers, after.registers),
        *_group("dataset", before.datasets, after.datasets),
        *_group("joint_collection", before.joint_collections, after.joint_collections),
        *_states(a, b),
        *_code_lists(before.code_lists, after.code_lists),
    ]


def _profile(a: Release, b: Release) -> Iterator[Change]:
    if a.profile.id != b.profile.id:
        yield Change("profile", a.profile.reference, "removed")
        yield Change("profile", b.profile.reference, "added")
        return
    yield from _fields("profile", b.profile.id, _flat(a.profile), _flat(b.profile))


def _group(
    kind: ChangedKind, before: Mapping[str, BaseModel], after: Mapping[str, BaseModel]
) -> Iterator[Change]:
    for entry_id in sorted({*before, *after}):
        if entry_id not in before:
            yield Change(kind, entry_id, "added")
        elif entry_id not in after:
            yield Change(kind, entry_id, "removed")
        elif before[entry_id] != after[entry_id]:
            yield from _fields(kind, entry_id, _flat(before[entry_id]), _flat(after[entry_id]))


def _states(a: Release, b: Release) -> Iterator[Change]:
    for entry_id in sorted({*a.states} & {*b.states}):
        if a.states[entry_id] != b.states[entry_id]:
            kind: ChangedKind = "resource" if entry_id in b.catalogue.resources else "dataset"
            yield Change(kind, entry_id, "changed", "state", a.states[entry_id], b.states[entry_id])


def _code_lists(before: Mapping[str, CodeList], after: Mapping[str, CodeList]) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        if name not in before:
            yield Change("code_list", name, "added")
        elif name not in after:
            yield Change("code_list", name, "removed")
        else:
            yield from _fields("code_list", name, _codes(before[name]), _codes(after[name]))


def _codes(codes: CodeList) -> dict[str, str]:
    """Return each code's periods and names; a code may stand several times with different periods."""
    found: dict[str, list[str]] = {}
    for code in codes.codes:
        period = f"{code.valid_from or ''}–{code.valid_to or ''}"
        also = " ".join(filter(None, (code.level, code.kind, ",".join(code.successors))))
        found.setdefault(f"codes[{code.code}]", []).append(" ".join(filter(None, (code.name, period, also))))
    return {key: "; ".join(sorted(texts)) for key, texts in found.items()}


def _fields(
    kind: ChangedKind, entry_id: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Change]:
    order = [*before, *(path for path in after if path not in before)]
    for path in order:
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        action: Literal["added", "removed", "changed"] = (
            "added" if old is None else "removed" if new is None else "changed"
        )
        yield Change(kind, entry_id, action, path, old, new)


def _flat(entry: BaseModel) -> dict[str, str]:
    body = entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {path: json.dumps(value, ensure_ascii=False) for path, value in _leaves(body, "")}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for name, item in zip(_item_names(value), value, strict=True):
            yield from _leaves(item, f"{path}[{name}]")
    else:
        yield path, value


def _item_names(items: list[dict[str, Any]]) -> Iterable[str]:
    """Return a name per item that stays when others come or go; positions where names are not unique."""
    names = [_item_name(item) for item in items]
    return names if all(names) and len(set(names)) == len(names) else [str(i) for i in range(len(items))]


def _item_name(item: Mapping[str, Any]) -> str:
    if "attribute" in item:
        scope = ",".join(f"{key}={value}" for key, value in sorted(item.get("scope", {}).items()))
        return f"{','.join(item['attribute'])} {scope}".strip()
    name = next((item[key] for key in _NAMING_KEYS if key in item), "")
    return name if isinstance(name, str) else ""
