"""What of an entry may be shared, and how: columns with their share types, providers, modes and bases.

Here: one view of a resource of the release and of a base database's table, the strictest contributor deciding
each attribute. Not here: what a grant asks for (``grant_rules.py``), consents (``consent_needs.py``).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from resource_catalogue.access_words import BASE_ENTRY
from resource_catalogue.entities import ENTITIES, Entity
from resource_catalogue.errors import CaseError, NotFoundError
from resource_catalogue.model import STRICTNESS, AccessType, LegalBasis
from resource_catalogue.release import Release
from resource_catalogue.replacement import replacement_of
from resource_catalogue.resource import Column, Resource

_PERSONAL = frozenset({"citizen_id", "person_name", "phone"})
_SEE = "列出目录 / civiclake catalogue list"


@dataclass(frozen=True, slots=True)
class SharedColumn:
    """Describe one column of an entry as far as sharing goes.

    Attributes:
        type: Strictest share type of all columns that contribute to it.
        providers: Agencies that contribute to it, in order of id.
        modes: Modes that the entries admit; null where nothing restricts them.
        basis: Texts that its type rests on.
    """

    name: str
    type: AccessType
    providers: tuple[str, ...]
    modes: frozenset[str] | None
    is_personal: bool
    basis: tuple[LegalBasis, ...]


@dataclass(frozen=True, slots=True)
class SharedEntry:
    """Describe an entry that may be granted.

    Attributes:
        agency: Providing agency; null for a base database's table, which has several.
        is_real_time: The data change all the time (更新频率: 实时).
        has_divisions: Rows can be told apart by division.
    """

    id: str
    agency: str | None
    columns: dict[str, SharedColumn]
    is_real_time: bool
    has_divisions: bool


def shared_entry(release: Release, entry: str, also_built: Collection[str] = ()) -> SharedEntry:
    """Return an entry of the release as it may be shared.

    Args:
        also_built: Base databases that the deployment builds beyond those of the profile.

    Raises:
        NotFoundError: The release has no such entry, or no such base database is built.
        CaseError: The entry is not listed.
    """
    first, _, name = entry.partition(".")
    if first == BASE_ENTRY:
        return _base(release, entry, _entity(release, name, also_built))
    resource = release.catalogue.resources.get(entry)
    if resource is None:
        raise NotFoundError(
            entry, "目录中没有此条目 / no such entry", "资源或基础库 / a resource, or base.<table>", _SEE
        )
    state = release.states.get(entry)
    if state != "listed":
        said = replacement_of(release, entry) if state == "retired" else None
        raise CaseError(
            entry,
            f"状态 {state}: 未发布 / not listed" + (f"; {said.zh} / {said.en}" if said else ""),
            "已发布 / listed",
            "先发布目录条目 / list the entry first",
        )
    return _resource(resource)


def _resource(resource: Resource) -> SharedEntry:
    return SharedEntry(
        resource.id,
        resource.agency,
        {column.name: _joined(column.name, [(resource, column)], False) for column in resource.columns},
        resource.update.frequency == "real_time",
        any(column.type == "division" for column in resource.columns),
    )


def _entity(release: Release, name: str, also_built: Collection[str]) -> Entity:
    entity = ENTITIES.get(name)
    if entity is None or entity.database not in {*release.profile.base_databases, *also_built}:
        built = [
            f"{BASE_ENTRY}.{known.name}"
            for known in ENTITIES.values()
            if known.database in {*release.profile.base_databases, *also_built}
        ]
        raise NotFoundError(
            f"{BASE_ENTRY}.{name}", "未建此基础库 / no such base database", " | ".join(built), _SEE
        )
    return entity


def _base(release: Release, entry: str, entity: Entity) -> SharedEntry:
    """Join the columns that contribute to each attribute; one that nobody contributes to is left out."""
    made: dict[str, list[tuple[Resource, Column]]] = defaultdict(list)
    for resource, column in _contributions(release, entity):
        made[(column.base or "").partition(".")[2]].append((resource, column))
    columns = {
        attribute.name: _joined(attribute.name, made[attribute.name], attribute.is_personal)
        for attribute in entity.attributes
        if attribute.name in made
    }
    real_time = any(r.update.frequency == "real_time" for parts in made.values() for r, _ in parts)
    return SharedEntry(entry, None, columns, real_time, entity.division in columns)


def _contributions(release: Release, entity: Entity) -> Iterator[tuple[Resource, Column]]:
    for resource in release.listed_resources():
        for column in resource.columns:
            if column.entity == entity.name:
                yield resource, column


def _joined(name: str, parts: list[tuple[Resource, Column]], is_personal: bool) -> SharedColumn:
    types = [resource.share_type(column) for resource, column in parts]
    strictest = max(types, key=lambda type_: STRICTNESS[type_])
    bases = [
        basis
        for (resource, column), type_ in zip(parts, types, strict=True)
        if type_ == strictest
        for basis in ((column.share.basis if column.share else ()) or resource.share.basis)
    ]
    return SharedColumn(
        name,
        strictest,
        tuple(sorted({resource.agency for resource, _ in parts})),
        _modes(parts),
        is_personal or any(_is_personal(column) for _, column in parts),
        tuple(dict.fromkeys(bases)),
    )


def _modes(parts: list[tuple[Resource, Column]]) -> frozenset[str] | None:
    """Return the modes that all contributing entries and columns admit."""
    named = [
        frozenset(access.modes)
        for resource, column in parts
        for access in (resource.share, column.share)
        if access is not None and access.modes
    ]
    return frozenset.intersection(*named) if named else None


def _is_personal(column: Column) -> bool:
    return column.type in _PERSONAL or column.sensitive_when is not None
