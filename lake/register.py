"""The source register as a table: ``register.roles``, one row per entity, attribute, resource and scope.

The dbt models join it and pick: the value of the one source, or a provisional one where the register allows it.
"""

import datetime as dt
import hashlib
from itertools import product

import pyarrow as pa

from lake.claims import ANY_SCOPE, scope_values
from lake.store import Commit, Lake
from resource_catalogue.entities import ENTITIES, Entity
from resource_catalogue.release import Release
from resource_catalogue.replacement import registers_in_force
from resource_catalogue.source_register import RegisterEntry
from resource_catalogue.words import TableName

ROLES = TableName("register", "roles")
"""One row per entity, attribute, resource and scope key; role is source, provisional or comparison."""
ROLES_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("entity", "attribute", "resource_id", "scope", "role")]
)


def refresh_register(lake: Lake, release: Release, on: dt.date) -> bool:
    """Write the roles that hold on a day; return whether anything changed."""
    rows = roles(release, on)
    commit = Commit(fingerprint=hashlib.sha256(repr(rows).encode()).hexdigest())
    if lake.is_current(ROLES, commit):
        return False
    arrays = [pa.array([row[place] for row in rows], type=pa.string()) for place in range(len(ROLES_SCHEMA))]
    lake.overwrite(ROLES, pa.Table.from_arrays(arrays, schema=ROLES_SCHEMA), commit)
    return True


def roles(release: Release, on: dt.date) -> list[tuple[str, ...]]:
    """List the roles that hold on a day, each scope of the register written out."""
    found: set[tuple[str, ...]] = set()
    for register in registers_in_force(release):
        entity = ENTITIES[register.entity]
        for entry in register.entries:
            if entry.valid.contains(on):
                found.update(_roles_of(release, entity, entry))
    return sorted(found)


def _roles_of(release: Release, entity: Entity, entry: RegisterEntry) -> set[tuple[str, ...]]:
    compared = "provisional" if entry.if_absent == "provisional" else "comparison"
    parts = [(entry.source, "source"), *((resource, compared) for resource in entry.compare)]
    return {
        (entity.name, attribute, resource, scope, role)
        for attribute in entry.attribute
        for resource, role in parts
        for scope in _scope_keys(release, entity, entry)
    }


def _scope_keys(release: Release, entity: Entity, entry: RegisterEntry) -> list[str]:
    """Write out the scope keys that an entry covers: a field it does not name covers every value of the field."""
    choices = [
        [str(entry.scope[name])] if name in entry.scope else [*values, ANY_SCOPE]
        for name, values in scope_values(release, entity).items()
        if values
    ]
    return ["|".join(choice) for choice in product(*choices)] if choices else [ANY_SCOPE]
