"""Trace a row back to what an agency sent: delivery, file, sheet, line, and what the rules say of it.

Here: rows of ``standard``, ``base`` and ``claims``, by row key, subject key or identifier. Not here: open
data, whose rows carry no ids (they would re-identify), nor who prevails among agencies (``explain.py``). No
value is read.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from expectations.checks import all_checks
from lake import Lake
from lake.claims import contributors
from lake.releases import current_release
from lake.tables import FINDINGS, RESULTS
from reporting.gone_rows import gone_rows
from reporting.places import Place, RowId, file_below_home, places_of
from reporting.queries import from_clause, quoted, rows
from reporting.register_entries import both
from reporting.rule_texts import rule_texts
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import ENTITIES
from resource_catalogue.errors import NotFoundError, SettingError
from resource_catalogue.identifiers import business_key, entity_named, is_key, subject_key
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName, resource_table_name, standard_table

Outcome = Literal["failed", "no_finding", "not_assessed", "crashed"]
TRACED = ("standard", "base", "claims")
"""Schemas whose rows can be traced to a line."""
_MASKED = ("open", "candidate")


@dataclass(frozen=True, slots=True)
class RuleOnRow:
    """Say what a rule says of a row.

    Attributes:
        outcome: ``failed``; ``no_finding`` where the rule ran and found nothing here; else why it is silent.
        reason: Reason code of the finding; empty without one.
        text: What must hold, in Chinese and English.
    """

    rule: str
    check: str
    indicator: str
    severity: str
    column: str
    outcome: Outcome
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class TraceLine(Place):
    """Say where one row comes from, and what the rules say of it.

    Attributes:
        table: Standard table that holds the row.
        attributes: For a base row, the attributes that this row gave it; else empty.
        deleted_in: Of a row that is gone, the delivery that took it away, and ``deleted_in_file`` its file; else empty.
    """

    table: str
    row_key: str
    attributes: tuple[str, ...]
    results: tuple[RuleOnRow, ...]
    deleted_in: str = ""
    deleted_in_file: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """Hold a row of ``standard`` before its place is looked up."""

    resource: str
    row_id: RowId
    row_key: str
    attributes: tuple[str, ...] = ()
    deleted_in: str = ""
    deleted_in_file: str = ""


def trace(deployment: Deployment, lake: Lake, table: TableName | str, key: str) -> list[TraceLine]:
    """Trace a row to the lines it was made from, in order of resource, delivery and row.

    Args:
        deployment: Owner of the keys and files.
        lake: Its tables, with a published release.
        table: Table of ``standard``, ``base`` or ``claims``.
        key: Row key, subject key, or an identifier or business key as a person writes it (parts separated
            by ``|``).

    Returns:
        One line per row that was sent; several for claims, and for a base row that several agencies gave
        attributes to. Of a row of ``standard`` that is gone, where it stood last and what took it away. Empty where
        the table never had such a row.

    Raises:
        SettingError: The table cannot be traced, or the norm refuses the identifier.
    """
    release = current_release(lake)
    name = _traceable(release, table)
    found = _found(deployment, lake, release, name, key)
    places = places_of(deployment, lake, [one.row_id for one in found])
    said = _results(lake, release, found)
    return [
        TraceLine(
            **asdict(places[one.row_id]),
            table=str(standard_table(one.resource)),
            row_key=one.row_key,
            attributes=one.attributes,
            results=said[one.row_id],
            deleted_in=one.deleted_in,
            deleted_in_file=one.deleted_in_file,
        )
        for one in sorted(found, key=lambda one: (one.resource, one.row_id))
        if one.row_id in places
    ]


def trace_known(deployment: Deployment, lake: Lake, table: TableName | str, key: str) -> list[TraceLine]:
    """Trace a row that must be there.

    Raises:
        NotFoundError: The table has no row of that key or identifier.
        SettingError: The table cannot be traced, or the norm refuses the identifier.
    """
    found = trace(deployment, lake, table, key)
    if not found:
        raise NotFoundError(
            str(table),
            "没有此行 / there is no such row",
            "表中一行的键或标识 / key or identifier of a row of the table",
            "核对标识；新报送的数据先运行平台 / check it; run the platform on new deliveries first",
        )
    return found


def _traceable(release: Release, table: TableName | str) -> TableName:
    """Return the table to trace from; of open data the tables are named that it was made from."""
    name = TableName.parse(table) if isinstance(table, str) and table.count(".") == 1 else table
    if isinstance(name, TableName) and name.schema in TRACED:
        return name
    shown = f"表 / table {table}"
    dataset = release.catalogue.datasets.get(name.name) if isinstance(name, TableName) else None
    if isinstance(name, TableName) and name.schema in _MASKED and dataset is not None:
        raise SettingError(
            shown,
            "其中的行不带标识，不能追溯到个人或某一行 / its rows carry no ids and cannot be traced to a person or line",
            f"其来源表 / the tables it is made from: {', '.join(str(standard_table(s)) for s in dataset.sources)}",
            "从来源表溯源 / trace a row of those tables",
        )
    raise SettingError(
        shown,
        "不能追溯到行 / cannot be traced to a line",
        " | ".join(f"{schema}.<name>" for schema in TRACED),
        "指定其中一张表 / name one of these tables",
    )


def _found(deployment: Deployment, lake: Lake, release: Release, table: TableName, key: str) -> list[_Found]:
    if table.schema == "base":
        return _base_rows(
            lake, release, entity_named(table.name).name, subject_key(deployment, table.name, key)
        )
    if table.schema == "claims":
        entity = entity_named(table.name).name
        wanted = subject_key(deployment, entity, key)
        return [
            row
            for resource in contributors(release, entity)
            for row in _standard_rows(lake, resource, [wanted], [f"_{entity}_key", "_row_key"])
        ]
    resource = _resource_of(release, table)
    columns = ["_row_key", *(f"_{entity}_key" for entity in resource.entities)]
    keys = _keys(deployment, resource, key)
    return _standard_rows(lake, resource, keys, columns) or _gone(deployment, lake, resource, keys)


def _keys(deployment: Deployment, resource: Resource, key: str) -> list[str]:
    """Return every key that a text may stand for in a resource; an identifier of none of them is refused."""
    if is_key(key):
        return [key]
    business = business_key(deployment, resource, key)
    found, refusal = [business] if business else [], None
    for entity in resource.entities:
        try:
            found.append(subject_key(deployment, entity, key))
        except SettingError as error:
            refusal = error
    if not found and refusal:
        raise refusal
    return found


def _resource_of(release: Release, table: TableName) -> Resource:
    for resource in release.catalogue.resources.values():
        if resource_table_name(resource.id) == table.name:
            return resource
    raise SettingError(
        f"table {table}",
        "目录中没有此资源 / no such resource",
        "standard.<agency>__<resource>",
        "核对表名 / check the name",
    )


def _standard_rows(lake: Lake, resource: Resource, keys: list[str], columns: Iterable[str]) -> list[_Found]:
    table = standard_table(resource.id)
    condition = " or ".join(f"{quoted(column)} in (select unnest(?))" for column in columns)
    sql = f"select _delivery_id, _row_number, _row_key from {from_clause(table)} where {condition}"
    found = rows(lake, sql, table, parameters=[keys] * condition.count("?"))
    return [_Found(resource.id, (row["_delivery_id"], row["_row_number"]), row["_row_key"]) for row in found]


def _gone(deployment: Deployment, lake: Lake, resource: Resource, keys: list[str]) -> list[_Found]:
    return [
        _Found(
            resource.id,
            one.row_id,
            one.row_key,
            deleted_in=one.deleted_in,
            deleted_in_file=file_below_home(deployment, one.deleted_in_file),
        )
        for one in gone_rows(lake, resource.id, keys)
    ]


def _base_rows(lake: Lake, release: Release, entity: str, key: str) -> list[_Found]:
    """Return the rows that gave a base row its attributes."""
    table = TableName("base", entity)
    sql = f"select * from {from_clause(table)} where {quoted(f'{entity}_key')} = ?"
    given: dict[RowId, list[str]] = {}
    for row in rows(lake, sql, table, parameters=[key]):
        for attribute in ENTITIES[entity].attributes:
            delivery = row[f"{attribute.name}__delivery_id"]
            if delivery is not None:
                given.setdefault((delivery, row[f"{attribute.name}__row_number"]), []).append(attribute.name)
    found = []
    for resource in contributors(release, entity):
        for one in _standard_rows(lake, resource, [key], [f"_{entity}_key"]):
            if one.row_id in given:
                found.append(_Found(one.resource, one.row_id, one.row_key, tuple(given[one.row_id])))
    return found


def _results(lake: Lake, release: Release, found: list[_Found]) -> dict[RowId, tuple[RuleOnRow, ...]]:
    """Return what the rules say of each row, in order of rule."""
    answer: dict[RowId, tuple[RuleOnRow, ...]] = {}
    for resource in sorted({one.resource for one in found}):
        numbers = [one.row_id for one in found if one.resource == resource]
        texts = {rule: both(text) for rule, text in rule_texts(release, resource).items()}
        results = [row for row in _rule_rows(lake, resource) if _looks_at_rows(row["check"])]
        failed = _failed(lake, resource, numbers)
        for row_id in numbers:
            answer[row_id] = tuple(_on_row(row, failed.get((*row_id, row["rule"])), texts) for row in results)
    return answer


def _rule_rows(lake: Lake, resource: str) -> list[dict[str, str]]:
    sql = (
        'select rule_id as rule, "check", indicator, severity, "column", state '
        f"from {RESULTS} where resource_id = ? order by rule_id"
    )
    return rows(lake, sql, RESULTS, parameters=[resource])


def _failed(lake: Lake, resource: str, row_ids: list[RowId]) -> dict[tuple[str, int, str], str]:
    sql = (
        f"select delivery_id, row_number, rule_id, reason from {FINDINGS} where resource_id = ? "
        "and delivery_id in (select unnest(?)) and row_number in (select unnest(?))"
    )
    parameters = [resource, [delivery for delivery, _ in row_ids], [number for _, number in row_ids]]
    found = rows(lake, sql, FINDINGS, parameters=parameters)
    return {(row["delivery_id"], row["row_number"], row["rule_id"]): row["reason"] for row in found}


def _on_row(result: dict[str, str], reason: str | None, texts: dict[str, str]) -> RuleOnRow:
    ran = result["state"] in ("passed", "failed")
    outcome: Outcome = "no_finding" if ran else "crashed" if result["state"] == "crashed" else "not_assessed"
    return RuleOnRow(
        rule=result["rule"],
        check=result["check"],
        indicator=result["indicator"],
        severity=result["severity"],
        column=result["column"],
        outcome=outcome if reason is None else "failed",
        reason=reason or "",
        text=texts.get(result["rule"], result["rule"]),
    )


def _looks_at_rows(check: str) -> bool:
    known = all_checks().get(check)
    return known is None or known.batch != "deliveries"
