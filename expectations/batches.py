"""The three batches that checks look at, as views of one engine: rows, deliveries, pairs of claims.

Here: the SQL that lays a table out for the checks: the day codes are judged on, keys of several columns,
lateness of deliveries, agreement of claims. Not here: the checks (``checks/``), nor where it is laid out
(``workspace.py``).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from expectations.check import Batch, ExpectationRule, literal, quoted
from expectations.checks import all_checks
from expectations.checks.agreement import agrees, sources_on
from expectations.checks.code_list import DAY
from expectations.macros import register_code_list
from resource_catalogue.entities import ENTITIES, Entity
from resource_catalogue.errors import CatalogueError
from resource_catalogue.promise import promise_of
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName, claims_table, standard_table

BATCHES: Mapping[Batch, str] = {
    "rows": "checked_rows",
    "deliveries": "checked_deliveries",
    "pairs": "checked_pairs",
}
"""View or table of each batch, in the run's own schema (``workspace.py``)."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def lay_out_rows(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    release: Release,
    rules: Iterable[ExpectationRule],
    as_of: dt.datetime,
) -> None:
    """Create ``checked_rows``: one row per row of ``standard``, with the days and keys the rules need.

    A derived column whose sources are missing is left out, so that its rule crashes and no other.
    """
    table = standard_table(resource.id)
    present = _columns(connection, table)
    today = f"date {literal(as_of.date().isoformat())}"
    collected = "try_cast(_collected_at as date)" if "_collected_at" in present else "null"
    given = [f"{today} as _today", f"coalesce({collected}, {today}) as {DAY}"]
    given += [] if "_sheet" in present else ["null::varchar as _sheet"]
    connection.execute(f"create or replace view checked_plain as select *, {', '.join(given)} from {table}")
    extra = ["*"]
    for rule in rules:
        if set(rule.columns) <= present:
            derived = all_checks()[rule.check].derived(rule)
            extra.extend(f"{sql} as {quoted(name)}" for name, sql in derived.items())
    connection.execute(f"create or replace view checked_rows as select {', '.join(extra)} from checked_plain")
    for name in sorted({str(rule.arguments["list"]) for rule in rules if rule.check == "code_list"}):
        register_code_list(connection, release.catalogue.code_lists[name])


def lay_out_deliveries(
    connection: duckdb.DuckDBPyConnection,
    resource: Resource,
    listed_at: dt.datetime,
    rules: Iterable[ExpectationRule],
    as_of: dt.datetime,
) -> None:
    """Create ``checked_deliveries`` (one row per delivery that arrived) and ``checked_rejected``.

    ``is_late`` stands on the newest delivery only, on a row of its own where there is none; ``change_pct`` on
    the newest of its slice that has one before; row counts on those that are current: all of an appended
    resource, the newest of each slice of a snapshot.
    """
    current = "loaded" if resource.update.mode != "snapshot" else "loaded and place = 1"
    connection.execute(_ARRIVED.format(resource=literal(resource.id)))
    connection.execute(_REJECTED.format(resource=literal(resource.id), current=current))
    is_asked = any(rule.check == "freshness" for rule in rules)
    promise = promise_of(resource) if is_asked else None
    instants = connection.execute("select epoch_us(arrived_at) from arrived").fetchall()
    arrived = [_EPOCH + dt.timedelta(microseconds=row[0]) for row in instants]
    owed = promise.owed(listed_at, arrived, as_of) if promise else ()
    late = "null" if promise is None else int(any(one.is_late(as_of) for one in owed))
    connection.execute(_DELIVERIES.format(late=late, current=current))
    if late == 1 and not arrived:
        connection.execute("insert into checked_deliveries select '', '', 0, null, null, 1, null, 0, 0")


def lay_out_pairs(
    connection: duckdb.DuckDBPyConnection, entity: str, rules: Sequence[ExpectationRule], day: dt.date
) -> None:
    """Create ``checked_pairs``: one row per comparing claim and source of its subject, a verdict per rule."""
    shape = ENTITIES[entity]
    attributes = sorted({str(rule.arguments["attribute"]) for rule in rules})
    sources = sorted({one["source"] for rule in rules for one in sources_on(rule, day)})
    comparing = sorted({rule.resource_id for rule in rules})
    lists = [
        f"list(distinct {_compared(shape, name)}) filter (where {quoted(name)} is not null) "
        f"as {quoted('s_' + name)}"
        for name in attributes
    ]
    verdicts = [f"{_verdict(shape, rule, day)} as {quoted(agrees(rule))}" for rule in rules]
    claims = claims_table(entity)
    connection.execute(
        f"create or replace view checked_pairs as with said as (select _resource_id as s_resource, "
        f"_subject_key as s_key, {', '.join(lists)} from {claims} where _resource_id in ({_listed(sources)}) "
        "and _subject_key is not null group by 1, 2) "
        f"select c._resource_id, c._row_key, c._delivery_id, c._row_number, {', '.join(verdicts)} "
        f"from {claims} c join said on said.s_key = c._subject_key and said.s_resource <> c._resource_id "
        f"where c._resource_id in ({_listed(comparing)})"
    )


_ARRIVED = """
create or replace temp table arrived as
select *, state in ('loaded', 'accepted') as loaded,
  row_number() over (partition by slice, loaded order by order_key desc, delivery_id desc) as place,
  lead(rows_loaded) over
    (partition by slice, loaded order by order_key desc, delivery_id desc) as rows_before,
  row_number() over (order by arrived_at desc, order_key desc, delivery_id desc) as nth
from known_deliveries
where resource_id = {resource} and state in ('loaded', 'accepted', 'held')
"""
_REJECTED = """
create or replace table checked_rejected as
select r.row_key as _row_key, r.delivery_id as _delivery_id, r.row_number as _row_number, r.line as _line,
  r.sheet as _sheet, coalesce(nullif(r.reason, ''), 'rejected') as reason
from known_rejected_rows r join arrived a using (delivery_id)
where r.resource_id = {resource} and {current}
"""
_DELIVERIES = """
create or replace table checked_deliveries as
select '' as _row_key, delivery_id as _delivery_id, 0::bigint as _row_number, null::bigint as _line,
  sheet as _sheet, case when nth = 1 then {late} end::bigint as is_late,
  case when loaded and place = 1 and rows_before > 0
    then 100.0::double * (rows_loaded - rows_before) / rows_before end as change_pct,
  case when {current} then coalesce(rows_received, 0) else 0 end as rows_received,
  (select count(*) from checked_rejected r where r._delivery_id = arrived.delivery_id) as rows_rejected
from arrived
"""


def _verdict(entity: Entity, rule: ExpectationRule, day: dt.date) -> str:
    """Return SQL: true where the claim agrees, false where it differs, null where nothing is compared."""
    name = str(rule.arguments["attribute"])
    pairs = " or ".join(
        f"(s_resource = {literal(one['source'])}{_scope(entity, one['scope'], rule.resource_id)})"
        for one in sources_on(rule, day)
    )
    said = quoted("s_" + name)
    return (
        f"case when c._resource_id = {literal(rule.resource_id)} and ({pairs or 'false'}) "
        f"and {quoted(name)} is not null and len({said}) > 0 "
        f"then list_contains({said}, {_compared(entity, name)}) end"
    )


def _scope(entity: Entity, scope: dict[str, str | bool | int], resource_id: str) -> str:
    conditions = ""
    for field, value in scope.items():
        if field not in entity.scopes:
            raise CatalogueError(
                f"source register of {entity.name}",
                f"scope field {field} ({resource_id})",
                ", ".join(entity.scopes),
            )
        text = str(value).lower() if isinstance(value, bool) else str(value)
        conditions += f" and cast({entity.scopes[field]} as varchar) = {literal(text)}"
    return conditions


def _compared(entity: Entity, name: str) -> str:
    """Return the SQL under which an attribute is compared: texts trimmed, all else as typed."""
    return f"trim({quoted(name)})" if entity.attribute(name).type == "text" else quoted(name)


def _columns(connection: duckdb.DuckDBPyConnection, table: TableName) -> set[str]:
    return {row[0] for row in connection.execute(f"describe {table}").fetchall()}


def _listed(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values) or "null"
