"""Check that every resource has a code of its own (信息资源代码; Xinjiang a13¶3 统一编码)."""

from collections import defaultdict
from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per resource whose code an earlier one has already."""
    holders: dict[str, list[tuple[str, EntryFile]]] = defaultdict(list)
    for resource, file in inspection.resources():
        holders[resource.code].append((resource.id, file))
    for code, found in sorted(holders.items()):
        for _, file in found[1:]:
            yield file.refuse(
                ("code",),
                f"{code}: 已用于 / already of {found[0][0]}",
                "未用过的代码 / a code not used yet",
                "换一个代码 / give another code",
            )
