"""Check declared rules: the check is one that can be run, its columns exist, ids are not repeated."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Resource


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per rule that could not be run."""
    for resource, file in inspection.resources():
        yield from _ids(resource, file)
        columns = [column.name for column in resource.columns]
        for index, rule in enumerate(resource.rules):
            if rule.check not in inspection.known_checks:
                yield file.refuse(
                    ("rules", index, "check"),
                    f"{rule.id}: {rule.check}",
                    " | ".join(sorted(inspection.known_checks)) or "—",
                    "选用已有的检查 / choose a known check",
                )
            for place, name in enumerate(rule.columns):
                if name not in columns:
                    yield file.refuse(
                        ("rules", index, "columns", place),
                        f"{rule.id}: {name}",
                        " | ".join(columns),
                        "改为已有的列 / name a declared column",
                    )


def _ids(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    seen: set[str] = set()
    for index, rule in enumerate(resource.rules):
        if rule.id in seen:
            yield file.refuse(
                ("rules", index, "id"),
                f"{rule.id} 重复 / twice",
                "不重复的标识 / an id of its own",
                "改名 / rename it",
            )
        seen.add(rule.id)
