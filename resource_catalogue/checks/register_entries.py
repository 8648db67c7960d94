"""Check what the source register names: entity, attributes, scope fields, and resources that claim them.

A source must claim every attribute it decides; a comparison at least one, since it only yields mismatches.
"""

from collections.abc import Iterator

from resource_catalogue.entities import ENTITIES, Entity
from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.source_register import RegisterEntry
from resource_catalogue.yaml_source import Place

_EXISTING = "resources/ 中的资源 / a resource of resources/"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per entry of a register that could decide nothing."""
    for register, file in inspection.registers():
        entity = ENTITIES.get(register.entity)
        if entity is None or entity.database != register.base:
            fitting = [name for name, known in ENTITIES.items() if known.database == register.base]
            yield file.refuse(
                ("entity",),
                f"{register.base}: {register.entity}",
                " | ".join(fitting or ENTITIES),
                "改正 base 或 entity / correct base or entity",
            )
            continue
        for index, entry in enumerate(register.entries):
            yield from _words(entity, entry, ("entries", index), file)
            yield from _source(entity, entry, ("entries", index), file, inspection)
            yield from _comparisons(entity, entry, ("entries", index), file, inspection)


def _words(entity: Entity, entry: RegisterEntry, place: Place, file: EntryFile) -> Iterator[CheckedFault]:
    attributes = [attribute.name for attribute in entity.attributes]
    for index, name in enumerate(entry.attribute):
        if name not in attributes:
            yield file.refuse(
                (*place, "attribute", index),
                name,
                " | ".join(attributes),
                "改正属性名 / correct the attribute",
            )
    for name in entry.scope:
        if name not in entity.scopes:
            yield file.refuse(
                (*place, "scope", name),
                name,
                " | ".join(entity.scopes) or f"{{}}（{entity.name} 无范围字段 / no scope fields）",
                "改正范围字段 / correct the scope field",
            )


def _source(
    entity: Entity, entry: RegisterEntry, place: Place, file: EntryFile, inspection: Inspection
) -> Iterator[CheckedFault]:
    if inspection.is_absent("resource", entry.source):
        yield file.refuse(
            (*place, "source"),
            entry.source,
            _EXISTING,
            "改正标识或新增资源 / correct the id or add the resource",
        )
    claimed = _claims(entry.source, entity, inspection)
    missing = [name for name in entry.attribute if claimed is not None and name not in claimed]
    if missing:
        yield file.refuse(
            (*place, "source"),
            f"{entry.source} 不含 / lacks {', '.join(missing)}",
            f"base: {entity.name}.<attribute>",
            "标明数源各列的 base，或改正属性 / mark its columns with base, or correct the attributes",
        )


def _comparisons(
    entity: Entity, entry: RegisterEntry, place: Place, file: EntryFile, inspection: Inspection
) -> Iterator[CheckedFault]:
    for index, other in enumerate(entry.compare):
        at = (*place, "compare", index)
        if other == entry.source:
            yield file.refuse(
                at, other, "数源以外的资源 / a resource other than the source", "删去此项 / delete it"
            )
        elif inspection.is_absent("resource", other):
            yield file.refuse(at, other, _EXISTING, "改正标识或新增资源 / correct the id or add the resource")
        claimed = _claims(other, entity, inspection)
        if claimed is not None and not claimed & set(entry.attribute):
            yield file.refuse(
                at,
                f"{other} 不含 / claims none of {', '.join(entry.attribute)}",
                f"base: {entity.name}.<attribute>",
                "在比对资源的列上标明 base，或删去此项 / mark its columns with base, or delete it",
            )


def _claims(resource_id: str, entity: Entity, inspection: Inspection) -> set[str] | None:
    resource = inspection.catalogue.resources.get(resource_id)
    if resource is None:
        return None
    bases = [column.base for column in resource.columns if column.entity == entity.name and column.base]
    return {base.partition(".")[2] for base in bases}
