"""Note data elements (数据元) that two agencies collect: the authority names one collector (C-10, K-03).

Keys are passed over: every agency asks for the ID number or credit code that ties its rows to a subject.
"""

from collections import defaultdict
from collections.abc import Iterator

from resource_catalogue.entities import ENTITIES
from resource_catalogue.inspection import CheckedFault, Inspection
from resource_catalogue.resource import Column, Resource
from resource_catalogue.yaml_source import Place


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield one note per element, at the last of the columns that collect it."""
    found: dict[str, list[tuple[Resource, Place]]] = defaultdict(list)
    for resource in inspection.catalogue.resources.values():
        if resource.obtained_by != "collected":
            continue
        for index, column in enumerate(resource.columns):
            if column.element and not _is_key(column, resource):
                found[column.element].append((resource, ("columns", index, "element")))
    for element, places in sorted(found.items()):
        if len({resource.agencies.collecting for resource, _ in places}) > 1:
            resource, place = places[-1]
            collectors = ", ".join(dict.fromkeys(other.id for other, _ in places))
            yield inspection.file("resource", resource.id).note(
                place,
                f"{element}: {collectors}",
                "一个采集机构 / one collecting agency",
                "由主管部门协调明确收集机构 / let the authority name one collector; the others share",
            )


def _is_key(column: Column, resource: Resource) -> bool:
    entity, _, attribute = (column.base or "").partition(".")
    identifies = entity in ENTITIES and attribute in ENTITIES[entity].identifier
    return identifies or column.name in resource.key or column.type in ("citizen_id", "credit_code")
