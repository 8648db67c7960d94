"""What every agency says about one subject: its claims, with what ``standard`` knows beside each value.

Here: reading ``claims.*`` and, for the same rows, which values were refused as faulty and which the
catalogue calls personal on that row. Not here: who prevails (``explain.py``).
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import duckdb

from lake import Lake
from lake.claims import claim_inputs, contributors, register_claims
from lake.engine import engine_errors
from reporting.places import RowId
from reporting.queries import Row, from_clause, quoted
from resource_catalogue.entities import Entity
from resource_catalogue.release import Release
from resource_catalogue.resource import Column, Resource
from resource_catalogue.words import claims_table, standard_table


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """Hold one row that speaks of the subject.

    Attributes:
        scope: Scope key under which the register judges it.
        is_latest: False where the same resource says something newer of the subject.
        values: Value by attribute, of those the resource claims.
        faults: Reason code by attribute of values that were sent and refused.
        sensitive: Attributes that the catalogue calls personal on this row.
    """

    resource: str
    row_id: RowId
    row_key: str
    scope: str
    is_latest: bool
    values: dict[str, Any] = field(repr=False)
    faults: dict[str, str]
    sensitive: frozenset[str]


def subject_rows(lake: Lake, release: Release, entity: Entity, key: str) -> list[SubjectRow]:
    """Return the rows that speak of a subject: by resource, the newest first."""
    inputs = claim_inputs(release, entity.name)
    with closing(lake.connect(*inputs)) as connection, engine_errors(str(claims_table(entity.name))):
        register_claims(connection, lake, release, [entity.name])
        claims = _claims(connection, entity, key)
        present = [one for one in contributors(release, entity.name) if lake.exists(standard_table(one.id))]
        beside = {row_id: facts for one in present for row_id, facts in _beside(connection, one, entity, key)}
    return list(_joined(claims, beside, release, entity))


def attribute_columns(resource: Resource, entity: Entity) -> dict[str, Column]:
    """Return the column by attribute that a resource claims of an entity."""
    return {c.base.split(".")[1]: c for c in resource.columns if c.base and c.entity == entity.name}


def _claims(connection: duckdb.DuckDBPyConnection, entity: Entity, key: str) -> list[Row]:
    found = connection.execute(
        f"select *, row_number() over (partition by _resource_id order by _order_key desc nulls last, "
        f"_row_number desc nulls last) as _rank from {claims_table(entity.name)} "
        "where _subject_key = ? order by _resource_id, _rank",
        [key],
    )
    return found.pl().to_dicts()


def _beside(
    connection: duckdb.DuckDBPyConnection, resource: Resource, entity: Entity, key: str
) -> Iterator[tuple[RowId, Row]]:
    """Read fault and sensitivity of each claimed column; a condition that cannot be told counts as true."""
    columns = attribute_columns(resource, entity)
    faults = [
        f"case when {quoted(column.name)} is null then {quoted(column.name + '__fault')} end "
        f"as {quoted('f_' + name)}"
        for name, column in columns.items()
    ]
    marks = [
        f"coalesce(({column.sensitive_when or 'false'}), true) as {quoted('s_' + name)}"
        for name, column in columns.items()
    ]
    sql = (
        f"select _delivery_id, _row_number, {', '.join([*faults, *marks])} "
        f"from {from_clause(standard_table(resource.id))} where {quoted(f'_{entity.name}_key')} = ?"
    )
    for row in connection.execute(sql, [key]).pl().to_dicts():
        yield (row["_delivery_id"], row["_row_number"]), row


def _joined(
    claims: list[Row], beside: dict[RowId, Row], release: Release, entity: Entity
) -> Iterator[SubjectRow]:
    for claim in claims:
        row_id = (claim["_delivery_id"], claim["_row_number"])
        names = attribute_columns(release.resource(claim["_resource_id"]), entity)
        facts = beside[row_id]
        yield SubjectRow(
            resource=claim["_resource_id"],
            row_id=row_id,
            row_key=claim["_row_key"],
            scope=claim["_scope"],
            is_latest=claim["_rank"] == 1,
            values={name: claim[name] for name in names},
            faults={name: facts[f"f_{name}"] for name in names if facts[f"f_{name}"]},
            sensitive=frozenset(name for name in names if facts[f"s_{name}"]),
        )
