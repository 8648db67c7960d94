"""Claims: what every agency says about one kind of entity, in one fixed shape, as views over ``standard.*``.

One row per row of a contributing resource. Nothing is decided here: the source register (``register.roles``) says
which resource is the source of an attribute within a scope, and the dbt models pick by it. Values of agencies that
are not the source stay visible here as comparisons.
"""

from collections.abc import Iterable

import duckdb

from lake.store import Lake
from resource_catalogue.entities import ENTITIES, Entity
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName, claims_table, standard_table

SQL_TYPES = {
    "text": "varchar",
    "date": "date",
    "decimal": "decimal(20,2)",
    "integer": "bigint",
    "double": "double",
}
"""SQL type by attribute type."""

ANY_SCOPE = "*"
"""Scope of a register entry that holds for every subject."""


def contributors(release: Release, entity: str) -> list[Resource]:
    """List the listed resources that make claims for an entity, in order of id."""
    return [resource for resource in release.listed_resources() if entity in resource.entities]


def claim_inputs(release: Release, entity: str) -> list[TableName]:
    """List the standard tables that an entity's claims are read from."""
    return [standard_table(resource.id) for resource in contributors(release, entity)]


def register_claims(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    release: Release,
    entities: Iterable[str] = tuple(ENTITIES),
) -> None:
    """Create the ``claims.<entity>`` views in a connection, and the ``standard`` views below them."""
    connection.execute("create schema if not exists claims")
    for name in entities:
        lake.register(connection, *claim_inputs(release, name))
        show_claims(connection, lake, release, name)


def show_claims(
    connection: duckdb.DuckDBPyConnection, lake: Lake, release: Release, entity: str, subjects: str = ""
) -> None:
    """Create the view of an entity's claims anew, over ``standard`` views that are there.

    Args:
        subjects: Query of the keys of the subjects that are to be seen; empty shows all.
    """
    present = [r for r in contributors(release, entity) if lake.exists(standard_table(r.id))]
    sql = claims_sql(release, entity, present, subjects)
    connection.execute(f"create or replace view {claims_table(entity)} as {sql}")


def claims_sql(release: Release, entity: str, resources: list[Resource], subjects: str = "") -> str:
    """Return the query behind ``claims.<entity>``: a projection per resource; no rows where there is none."""
    shape = ENTITIES[entity]
    scope = scope_sql(release, shape)
    # Within each projection, not around them: the engine then reads the keys first and few of the other columns.
    chosen = f" where _{entity}_key in ({subjects})" if subjects else ""
    projections = [_projection(resource, shape) + chosen for resource in resources] or [_nothing(shape)]
    return f"select *, {scope} as _scope from (" + " union all ".join(projections) + ")"


def scope_values(release: Release, entity: Entity) -> dict[str, list[str]]:
    """Return the values that the source register uses of each scope field of an entity."""
    found: dict[str, list[str]] = {name: [] for name in entity.scopes}
    for register in release.catalogue.registers.values():
        if register.entity != entity.name:
            continue
        for entry in register.entries:
            for name, value in entry.scope.items():
                if str(value) not in found[name]:
                    found[name].append(str(value))
    return {name: sorted(values) for name, values in found.items()}


def scope_sql(release: Release, entity: Entity) -> str:
    """Return the SQL of a claim's scope key: per scope field its value where the register knows it, else ``*``."""
    parts = []
    for name, values in scope_values(release, entity).items():
        if values:
            known = ", ".join(f"'{value}'" for value in values)
            parts.append(
                f"case when {entity.scopes[name]} in ({known}) then {entity.scopes[name]} else '*' end"
            )
    return " || '|' || ".join(parts) or f"'{ANY_SCOPE}'"


def _projection(resource: Resource, entity: Entity) -> str:
    by_attribute = {
        column.base.split(".")[1]: column.name
        for column in resource.columns
        if column.base and column.entity == entity.name
    }
    attributes = ", ".join(
        f'cast("{by_attribute[a.name]}" as {SQL_TYPES[a.type]}) as {a.name}'
        if a.name in by_attribute
        else f"cast(null as {SQL_TYPES[a.type]}) as {a.name}"
        for a in entity.attributes
    )
    return (
        f"select '{resource.id}' as _resource_id, '{resource.agency}' as _agency_id, _delivery_id, _row_number, "
        f"_row_key, _{entity.name}_key as _subject_key, _order_key, _collected_at, {attributes} "
        f"from {standard_table(resource.id)}"
    )


def _nothing(entity: Entity) -> str:
    lead = (
        "_resource_id",
        "_agency_id",
        "_delivery_id",
        "_row_number",
        "_row_key",
        "_subject_key",
        "_order_key",
    )
    columns = [f"cast(null as {'bigint' if name == '_row_number' else 'varchar'}) as {name}" for name in lead]
    columns.append("cast(null as timestamp with time zone) as _collected_at")
    columns += [f"cast(null as {SQL_TYPES[a.type]}) as {a.name}" for a in entity.attributes]
    return f"select {', '.join(columns)} where false"
