"""Note the attributes of the profile's base databases that no source register entry decides on the day."""

from collections.abc import Iterator

from resource_catalogue.entities import ENTITIES, Entity
from resource_catalogue.faults import CatalogueFault
from resource_catalogue.inspection import CheckedFault, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield one note per entity with attributes without a source; such attributes stay empty in the base."""
    for entity in ENTITIES.values():
        if entity.database not in inspection.profile.base_databases:
            continue
        decided = _decided(entity, inspection)
        missing = [attribute.name for attribute in entity.attributes if attribute.name not in decided]
        if missing:
            fault = CatalogueFault(
                inspection.folder / "source_register" / f"{entity.database}.yml",
                0,
                "entries",
                f"{entity.name}: 未定数源 / no source for {', '.join(missing)}",
                "每个属性一个数源 / one source per attribute",
                "由主管部门确定数源 / let the authority decide a source",
            )
            yield CheckedFault("note", fault)


def _decided(entity: Entity, inspection: Inspection) -> set[str]:
    return {
        name
        for register in inspection.catalogue.registers.values()
        if register.entity == entity.name
        for entry in register.entries
        if entry.valid.contains(inspection.as_of)
        for name in entry.attribute
    }
