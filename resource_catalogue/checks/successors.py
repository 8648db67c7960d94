"""Check that entries that replace or go with an entry exist, and that a successor can take the place (Xinjiang a24)."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Resource
from resource_catalogue.yaml_source import Place


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per related or replacing entry that is unknown, the entry itself, or cannot stand in."""
    for resource, file in inspection.resources():
        named: list[tuple[Place, str]] = [(("related", i), other) for i, other in enumerate(resource.related)]
        if resource.replaced_by is not None:
            named.append((("replaced_by",), resource.replaced_by))
        faulty = [(place, other) for place, other in named if _is_none(resource, other, inspection)]
        for place, other in faulty:
            yield file.refuse(
                place, other, "另一个已有资源 / another resource that exists", "改正标识 / correct the id"
            )
        if resource.replaced_by is not None and (("replaced_by",), resource.replaced_by) not in faulty:
            yield from _circle(resource, file, inspection)
            yield from _lost(resource, file, inspection)
        if resource.retires_on is not None and resource.replaced_by is None:
            yield file.note(
                ("retires_on",),
                f"{resource.retires_on}: 没有 replaced_by，到期不会自动停用 / no successor, so nothing retires it",
                "replaced_by",
                "写明替代资源，或到期由人停用 / name the successor, or retire it by hand: "
                "civiclake catalogue state",
            )


def _is_none(resource: Resource, other: str, inspection: Inspection) -> bool:
    return other == resource.id or inspection.is_absent("resource", other)


def _circle(resource: Resource, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal where the successors lead back to the entry."""
    met, known = [resource.id], inspection.catalogue.resources
    other = resource.replaced_by
    while other is not None and other in known and other not in met:
        met.append(other)
        other = known[other].replaced_by
    if other == resource.id:
        yield file.refuse(
            ("replaced_by",),
            " → ".join([*met, resource.id]),
            "替代关系不循环 / successors that end somewhere",
            "删去其中一项 replaced_by / delete one replaced_by",
        )


def _lost(resource: Resource, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal where the entry is a source whose attributes its successor does not have."""
    successor = inspection.catalogue.resources.get(resource.replaced_by or "")
    if successor is None:
        return
    claimed = {column.base for column in successor.columns if column.base}
    lost = sorted(
        {
            f"{register.entity}.{name}"
            for register in inspection.catalogue.registers.values()
            for entry in register.entries
            if entry.source == resource.id and entry.valid.contains(resource.retires_on or inspection.as_of)
            for name in entry.attribute
        }
        - claimed
    )
    if lost:
        yield file.refuse(
            ("replaced_by",),
            f"{successor.id} 不含 / lacks {', '.join(lost)}",
            "替代资源含原资源作为数源的各属性 / a successor with every attribute the old one is the source of",
            "标明其各列的 base，或在数源清单中另定数源 / mark its columns with base, or name another source in the "
            "source register from that day on",
        )
