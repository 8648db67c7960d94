"""Share tables (共享库): one dbt model per grant class, written from the grants in force; nothing else is in its files.

Here: which classes there are, the text of their models, building them, and dropping those that no grant needs any
more. Not here: who was granted what (``casework``; read from ``decisions.grants``), nor serving (``serving``).
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lake.claims import contributors
from lake.dbt_run import ModelResult, build_models, lay_out, shipped_files
from lake.store import Lake
from lake.tables import GRANTS
from resource_catalogue.access_words import BASE_ENTRY, COPYING, ServedEntry
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import ENTITIES
from resource_catalogue.errors import CatalogueError
from resource_catalogue.release import Release
from resource_catalogue.replacement import replacement_of
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName, resource_table_name, standard_table

_KEPT = ("in_force", "suspended")
"""States of a grant whose table stays: a suspended one may be taken up again."""


@dataclass(frozen=True, slots=True)
class ShareClass:
    """Describe one grant class: what its table holds.

    Attributes:
        entry: A resource or ``base.<entity>``.
        columns: In the order of the entry.
        divisions: Codes whose rows are held; empty for all rows.
        is_served: Whether it is for keyed lookup; else it is copied.
    """

    table: TableName
    entry: str
    columns: tuple[str, ...]
    divisions: tuple[str, ...]
    is_served: bool


@dataclass(frozen=True, slots=True)
class SharesBuilt:
    """Say what became of the share tables: models with their status, and tables that were dropped."""

    models: tuple[ModelResult, ...] = ()
    dropped: tuple[TableName, ...] = ()


def share_classes(lake: Lake, release: Release, day: dt.date) -> list[ShareClass]:
    """List the grant classes that need a table on a day, in order of name."""
    if not lake.exists(GRANTS):
        return []
    found = {
        row["share_table"]: ShareClass(
            TableName.parse(row["share_table"]),
            row["entry"],
            _in_order(release, row["entry"], row["columns"]),
            tuple(sorted(row["divisions"])),
            row["mode"] not in COPYING,
        )
        for row in lake.read(GRANTS).iter_rows(named=True)
        if row["state"] in _KEPT and (row["valid_to"] is None or day <= row["valid_to"])
    }
    return [found[name] for name in sorted(found)]


def build_shares(
    lake: Lake,
    deployment: Deployment,
    release: Release,
    as_of: dt.datetime,
    is_held: Callable[[ShareClass], bool] = lambda _: False,
) -> SharesBuilt:
    """Build the table of every grant class, and drop the tables that no grant needs.

    A class whose entry left the release or lost its divisions, or that ``is_held``, stays as it was. Where another
    entry takes the place of its own, the table says so (Xinjiang a24).

    Args:
        is_held: Tells whether a blocking rule stops what the class is built from.
    """
    day = as_of.astimezone(deployment.settings.zone()).date()
    classes = share_classes(lake, release, day)
    dropped = drop_unneeded(lake, [one.table for one in classes])
    models = _built(lake, deployment, release, classes, is_held)
    for one in classes:
        lake.describe(one.table, _notice(release, one.entry))
    return SharesBuilt(models, tuple(dropped))


def _built(
    lake: Lake,
    deployment: Deployment,
    release: Release,
    classes: Iterable[ShareClass],
    is_held: Callable[[ShareClass], bool],
) -> tuple[ModelResult, ...]:
    built = [one for one in classes if _is_buildable(lake, release, one) and not is_held(one)]
    if not built:
        return ()
    files = {f"models/{name}": text for name, text in shipped_files("share/*.yml").items()}
    files |= shipped_files("macros/*.sql", "dbt_project.yml")
    files["models/share/_tables.yml"] = _standard_sources(one.entry for one in built)
    files |= {f"models/share/{one.table.name}.sql": share_model(release, one) for one in built}
    project = lay_out(deployment.var / "dbt_share", files)
    return tuple(build_models(lake, release, project, [one.table.name for one in built], {}))


def _notice(release: Release, entry: str) -> str:
    """Say to who reads a table that another entry takes the place of its own; empty where none does."""
    label = replacement_of(release, entry)
    return f"{label.zh} / {label.en}" if label else ""


def drop_unneeded(lake: Lake, needed: Iterable[TableName]) -> list[TableName]:
    """Drop share tables that no grant needs, their history included; return their names."""
    unneeded = sorted(set(lake.tables("share")) - set(needed))
    for table in unneeded:
        lake.drop(table)
    return unneeded


def share_model(release: Release, one: ShareClass) -> str:
    """Return the text of the model of a grant class.

    Raises:
        CatalogueError: Rows of divisions were granted of an entry whose rows name none.
    """
    prefixes = [division_prefix(code) for code in one.divisions]
    if one.entry.startswith(f"{BASE_ENTRY}."):
        entity = one.entry.partition(".")[2]
        key = ["_subject_key"] if one.is_served else _if_shown(ENTITIES[entity].identifier, one.columns)
        call = _call("share_of_base", entity, one.columns, prefixes, feeding(release, one), one.is_served)
        return _config(key) + call
    resource = release.resource(one.entry)
    division = division_column(resource) if prefixes else ""
    key = [] if one.is_served else _if_shown(resource.key, one.columns)
    arguments = (resource.id, resource_table_name(resource.id), key_column(resource), division)
    return _config(key) + _call(
        "share_of_resource", *arguments, one.columns, prefixes, feeding(release, one), one.is_served
    )


def served_entries(
    release: Release, classes: Iterable[ShareClass], as_of: dt.datetime
) -> dict[TableName, ServedEntry]:
    """Say how each served table is asked: by its subject's identifier, or by the entry's own key."""
    return {
        one.table: _served(release, one.entry, as_of.isoformat())
        for one in classes
        if one.is_served
        and (one.entry.startswith(f"{BASE_ENTRY}.") or one.entry in release.catalogue.resources)
    }


def _served(release: Release, entry: str, as_of: str) -> ServedEntry:
    if entry.startswith(f"{BASE_ENTRY}."):
        return ServedEntry(entry, entry.partition(".")[2], (), as_of)
    resource = release.resource(entry)
    if resource.subject in resource.entities:
        return ServedEntry(entry, resource.subject, (), as_of, _notice(release, entry))
    types = tuple(resource.column(name).type for name in resource.key)
    return ServedEntry(entry, "", types, as_of, _notice(release, entry))


def feeding(release: Release, one: ShareClass) -> list[str]:
    """List ``<resource>.<column>`` of every column that the shown values come from; the row itself too (``.``)."""
    if not one.entry.startswith(f"{BASE_ENTRY}."):
        return [f"{one.entry}.", *(f"{one.entry}.{name}" for name in one.columns)]
    entity = one.entry.partition(".")[2]
    found = []
    for resource in contributors(release, entity):
        shown = [c.name for c in resource.columns if c.base in {f"{entity}.{name}" for name in one.columns}]
        found += [f"{resource.id}.{name}" for name in ("", *shown)] if shown else []
    return found


def division_prefix(code: str) -> str:
    """Return the digits that begin the codes of a division and of all below it (GB/T 2260).

    >>> division_prefix("330000"), division_prefix("329900"), division_prefix("329902"), division_prefix("329902001000")
    ('33', '3299', '329902', '329902001')
    """
    own = code[:6] if code[6:].strip("0") == "" else code
    if len(own) == 6:
        return own[:2] if own[2:] == "0000" else own[:4] if own[4:] == "00" else own
    return own[:9] if own[9:] == "000" else own


def division_column(resource: Resource) -> str:
    """Return the column whose division answers for a row: that of its subject, else the first, else where collected.

    Raises:
        CatalogueError: The resource has none of these.
    """
    if found := _division_columns(resource):
        return found[0]
    raise CatalogueError(
        resource.id,
        "行没有行政区划 / its rows name no division",
        "行政区划字段 / a column of type division",
        "授权全部行，或在目录中增加字段 / grant all rows, or add the column",
    )


def _division_columns(resource: Resource) -> list[str]:
    """List the columns that may say which division answers for a row, the best one first."""
    bases = {name: f"{name}.{entity.division}" for name, entity in ENTITIES.items()}
    own = [c.name for c in resource.columns if c.base == bases.get(resource.subject, "")]
    named = [c.name for c in resource.columns if c.base in bases.values()]
    typed = [c.name for c in resource.columns if c.type == "division"]
    return [*own, *named, *typed, *(["_collected_place"] if resource.collected.place else [])]


def key_column(resource: Resource) -> str:
    """Return the column that a lookup finds rows by: the subject's key, else the row's."""
    return f"_{resource.subject}_key" if resource.subject in resource.entities else "_row_key"


def _is_buildable(lake: Lake, release: Release, one: ShareClass) -> bool:
    """Tell whether the entry is listed, has data, and divisions if asked for; a base table counts as listed."""
    if one.entry.startswith(f"{BASE_ENTRY}."):
        return lake.exists(TableName.parse(one.entry))
    listed = {resource.id: resource for resource in release.listed_resources()}
    if one.entry not in listed or not lake.exists(standard_table(one.entry)):
        return False
    return not one.divisions or bool(_division_columns(listed[one.entry]))


def _in_order(release: Release, entry: str, columns: Iterable[str]) -> tuple[str, ...]:
    wanted = set(columns)
    if entry.startswith(f"{BASE_ENTRY}."):
        known = [attribute.name for attribute in ENTITIES[entry.partition(".")[2]].attributes]
    elif entry in release.catalogue.resources:
        known = [column.name for column in release.resource(entry).columns]
    else:
        known = sorted(wanted)
    return tuple(name for name in known if name in wanted)


def _if_shown(identifier: tuple[str, ...], columns: tuple[str, ...]) -> list[str]:
    return list(identifier) if identifier and set(identifier) <= set(columns) else []


def _config(key: list[str]) -> str:
    kind = f"materialized='incremental', unique_key={json.dumps(key)}" if key else "materialized='table'"
    return f"{{{{ config({kind}) }}}}\n"


def _call(macro: str, *arguments: Any) -> str:
    listed = [list(argument) if isinstance(argument, tuple) else argument for argument in arguments]
    texts = [str(a).lower() if isinstance(a, bool) else json.dumps(a, ensure_ascii=False) for a in listed]
    return f"{{{{ {macro}({', '.join(texts)}) }}}}\n"


def _standard_sources(entries: Iterable[str]) -> str:
    """Return the sources file of the standard tables that models read; without one where none is read."""
    names = sorted({resource_table_name(e) for e in entries if not e.startswith(f"{BASE_ENTRY}.")})
    tables = [{"name": name} for name in names]
    source = {"name": "standard", "schema": "standard", "tables": tables}
    # JSON is YAML; names need no more.
    return json.dumps({"version": 2, "sources": [source] if tables else []})
