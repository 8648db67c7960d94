"""Check that every attribute has one source only within a scope and on a day (一数一源; Xinjiang a2(九))."""

from collections.abc import Iterator
from itertools import combinations

from resource_catalogue.inspection import CheckedFault, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per pair of entries that could both decide the same attribute of the same subject."""
    for register, file in inspection.registers():
        for (first, entry), (second, other) in combinations(enumerate(register.entries), 2):
            if entry.overlaps(other):
                shared = [name for name in entry.attribute if name in other.attribute]
                yield file.refuse(
                    ("entries", second),
                    f"{', '.join(shared)}: 与 entries[{first}] 重叠 / overlaps entries[{first}]",
                    "互不相交的范围或有效期 / scopes or periods that do not meet",
                    "一项一源：区分 scope、valid 或删去其一 / part scope or valid, or delete one",
                )
        for index, entry in enumerate(register.entries):
            if len(set(entry.attribute)) != len(entry.attribute):
                yield file.refuse(
                    ("entries", index, "attribute"),
                    ", ".join(entry.attribute),
                    "不重复的属性 / each attribute once",
                    "删去重复 / delete the double",
                )
