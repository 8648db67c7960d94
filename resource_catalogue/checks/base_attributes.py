"""Check what columns claim for base databases.

Entity and attribute exist, types fit, and the identifier is complete.
"""

from collections.abc import Iterator

from resource_catalogue.entities import ENTITIES, AttributeType
from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Column, ColumnType, Resource
from resource_catalogue.yaml_source import Place

FITTING: dict[AttributeType, frozenset[ColumnType]] = {
    "text": frozenset(
        (
            "text", "code", "citizen_id", "credit_code", "registration_number", "subject_identifier",
            "certificate_identifier", "person_name", "address", "phone", "division", "geometry",
        )
    ),
    "date": frozenset(("date",)),
    "decimal": frozenset(("money",)),
    "integer": frozenset(("integer",)),
    "double": frozenset(("decimal", "integer")),
}  # fmt: skip
"""Column types whose standard values an attribute's storage type can hold as they are."""

_IDENTIFIER_TYPES: tuple[ColumnType, ...] = ("citizen_id", "credit_code")


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per claim that no base table could take."""
    for resource, file in inspection.resources():
        claims: dict[str, str] = {}
        for index, column in enumerate(resource.columns):
            if column.base is None:
                continue
            place = ("columns", index, "base")
            if column.base in claims:
                yield file.refuse(
                    place,
                    f"{column.base}: {claims[column.base]}, {column.name}",
                    "每个属性一列 / one column per attribute",
                    "删去其一 / delete one of them",
                )
            claims[column.base] = column.name
            yield from _attribute(column, place, file)
        yield from _identifiers(resource, file, claims)


def _attribute(column: Column, place: Place, file: EntryFile) -> Iterator[CheckedFault]:
    entity_name, _, name = (column.base or "").partition(".")
    entity = ENTITIES.get(entity_name)
    attributes = {attribute.name: attribute for attribute in entity.attributes} if entity else {}
    if name not in attributes:
        known = attributes or ENTITIES
        yield file.refuse(
            place,
            f"{column.name}: {column.base}",
            " | ".join(f"{entity_name}.{item}" if attributes else f"{item}.*" for item in known),
            "改正属性名 / correct the attribute",
        )
        return
    wanted = FITTING[attributes[name].type]
    if entity and name in entity.identifier and name in _IDENTIFIER_TYPES:
        wanted = frozenset(kind for kind in _IDENTIFIER_TYPES if kind == name)
    if column.type not in wanted:
        yield file.refuse(
            (*place[:-1], "type"),
            f"{column.name}: {column.type}",
            f"{' | '.join(sorted(wanted))}（{column.base}）",
            "改正列类型或 base / correct the column's type or base",
        )


def _identifiers(resource: Resource, file: EntryFile, claims: dict[str, str]) -> Iterator[CheckedFault]:
    for name in resource.entities:
        if name not in ENTITIES:
            continue
        missing = [f"{name}.{part}" for part in ENTITIES[name].identifier if f"{name}.{part}" not in claims]
        if missing:
            yield file.refuse(
                ("columns",),
                f"没有 / no {', '.join(missing)}",
                f"{name} 的全部标识 / all parts of the identifier of {name}",
                "补充标识列，否则无法归入主体 / add the columns: rows without them belong to no subject",
            )
