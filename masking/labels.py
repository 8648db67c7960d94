"""The label of every column that SQL may read: how far its values may be opened, by the catalogue release.

Here: the lattice ``open_to_all < conditional < none``, how labels join, and the labels of ``standard.*``,
``claims.*`` and ``base.*``. Not here: how labels travel through SQL (``lineage.py``) and what a mask lowers
(``decision.py``).

- A standard column has its own open type, never looser than its resource's. Where its entry says
  ``sensitive_when`` it is ``conditional`` at least, until the rows of that condition are nulled.
- A claims or base attribute has the strictest type of all columns of listed resources that make a claim for
  it. A personal attribute is ``none``: bases hold whole populations, so that it leaves only as a dimension
  of counted cells of a minimum size. An attribute that nobody claims is ``none`` as well.
- Provenance (row and subject keys, deliveries, row numbers, faults, originals) is ``none``: with it a row
  could be traced back or joined. So is every column of a table that the catalogue does not know.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from resource_catalogue.entities import ENTITIES, Attribute, Entity
from resource_catalogue.model import STRICTNESS, AccessType, Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Column, Resource
from resource_catalogue.words import base_table, claims_table, standard_table

DIRECT_KINDS = frozenset(
    {
        "citizen_id",
        "subject_identifier",
        "certificate_identifier",
        "person_name",
        "address",
        "phone",
        "geometry",
    }
)
"""Column types whose values name one person, place or certificate: never the dimension of a cell unmasked."""
STANDARD_PROVENANCE = (
    "_delivery_id",
    "_slice",
    "_row_number",
    "_line",
    "_collected_at",
    "_collected_place",
    "_received_at",
    "_row_key",
)
DIVISIONS = ("county_division_code", "city_division_code")
"""Columns of every base table that are the first digits of the entity's division."""
_OPEN = Label(zh="目录定为无条件开放", en="open to all by the catalogue")
_PROVENANCE = Label(zh="来源追溯字段不开放", en="provenance is not opened")
_PERSONAL = Label(zh="基础库中的个人信息", en="personal data of a base database")
_UNCLAIMED = Label(zh="没有已发布目录为其提供数据", en="no listed resource makes a claim for it")
_UNKNOWN = Label(zh="目录中没有此字段", en="the catalogue does not know it")

Counted = Literal["not", "partly", "purely"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Name rows whose value is personal: SQL over the columns of one resource (``sensitive_when``)."""

    resource_id: str
    sql: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Say that a value is an unchanged copy of one source column.

    Attributes:
        path: Names of the sources on the way, outermost first; two columns with one path come from the same
            row.
    """

    table: str
    column: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnLabel:
    """Hold what is known of a column's values.

    Attributes:
        label: How far they may be opened.
        reason: Why, for the strictest source.
        sources: Source columns as ``schema.table.column``.
        floor: Label once the rows of ``conditions`` are nulled.
        undeclassified: Label if counting lowered nothing: what holds where there is no minimum cell.
        conditions: Rows on which values are personal.
        kinds: Declared types of the source columns.
        is_direct: Whether a source identifies directly.
        is_free_text: Whether a source is text whose entry does not declare this very column open.
        counted: ``purely`` for a count or a sum of counts, ``partly`` for what is made with one.
        origin: The one column it copies, if it does.
    """

    label: AccessType
    reason: Label
    sources: tuple[str, ...] = ()
    floor: AccessType = "none"
    undeclassified: AccessType = "none"
    conditions: frozenset[Condition] = field(default_factory=frozenset)
    kinds: frozenset[str] = field(default_factory=frozenset)
    is_direct: bool = False
    is_free_text: bool = False
    counted: Counted = "not"
    origin: Origin | None = None


TableLabels = Mapping[str, ColumnLabel]
Labels = Mapping[str, TableLabels]
"""Labels by table (``schema.name``) and column."""

CONSTANT = ColumnLabel(
    "open_to_all", Label(zh="常量", en="a constant"), floor="open_to_all", undeclassified="open_to_all"
)


def strictest(types: Iterable[AccessType]) -> AccessType:
    """Return the strictest of the types; ``open_to_all`` where there is none.

    >>> strictest(["conditional", "open_to_all"])
    'conditional'
    """
    return max(types, key=lambda t: STRICTNESS[t], default="open_to_all")


def unknown(source: str, reason: Label = _UNKNOWN) -> ColumnLabel:
    """Return the strictest label, for what cannot be known (fail closed)."""
    return ColumnLabel("none", reason, (source,), is_direct=True)


def join(labels: Iterable[ColumnLabel]) -> ColumnLabel:
    """Return the label of a value made from several: the strictest, with everything that is known of each."""
    parts = [label for label in labels if label != CONSTANT]
    if not parts:
        return CONSTANT
    if len(parts) == 1:
        return replace(parts[0], origin=None, counted="not" if parts[0].counted == "not" else "partly")
    return ColumnLabel(
        label=strictest(p.label for p in parts),
        reason=max(parts, key=lambda p: STRICTNESS[p.label]).reason,
        sources=tuple(dict.fromkeys(source for p in parts for source in p.sources)),
        floor=strictest(p.floor for p in parts),
        undeclassified=strictest(p.undeclassified for p in parts),
        conditions=frozenset().union(*(p.conditions for p in parts)),
        kinds=frozenset().union(*(p.kinds for p in parts)),
        is_direct=any(p.is_direct for p in parts),
        is_free_text=any(p.is_free_text for p in parts),
        counted="not" if all(p.counted == "not" for p in parts) else "partly",
    )


def release_labels(release: Release, stored: Mapping[str, Collection[str]] | None = None) -> Labels:
    """Label the columns of every table that candidates may read.

    Args:
        release: The catalogue release; resources that are not listed count for nothing.
        stored: Columns that the lake's tables have; those that the release does not declare are provenance.
    """
    listed = release.listed_resources()
    tables = {str(standard_table(resource.id)): _standard_labels(resource) for resource in listed}
    for entity in ENTITIES.values():
        attributes = {a.name: _attribute_label(entity, a, listed) for a in entity.attributes}
        claims, base = str(claims_table(entity.name)), str(base_table(entity.name))
        tables[claims] = {name: _at(label, claims, name) for name, label in attributes.items()}
        attributes |= dict.fromkeys(DIVISIONS, attributes[entity.division])
        tables[base] = {name: _at(label, base, name) for name, label in attributes.items()}
    for table, columns in (stored or {}).items():
        for name in columns:
            known = tables.setdefault(table, {})
            known.setdefault(name, unknown(f"{table}.{name}", _PROVENANCE))
    return tables


def _standard_labels(resource: Resource) -> dict[str, ColumnLabel]:
    """Label one standard table: its columns, and provenance around them."""
    table = str(standard_table(resource.id))
    labels = {
        column.name: _at(_column_label(resource, column), table, column.name) for column in resource.columns
    }
    beside = [f"{c.name}__{suffix}" for c in resource.columns for suffix in ("fault", "original")]
    keys = [f"_{entity}_key" for entity in resource.entities]
    for name in (*STANDARD_PROVENANCE, *keys, *beside):
        labels[name] = unknown(f"{table}.{name}", _PROVENANCE)
    return labels


def _column_label(resource: Resource, column: Column) -> ColumnLabel:
    own = resource.open_type(column)
    sensitive = column.sensitive_when is not None
    label = strictest([own, "conditional"]) if sensitive else own
    return ColumnLabel(
        label=label,
        reason=_reason(resource, column, sensitive and label != own),
        floor=own,
        undeclassified=label,
        conditions=frozenset(
            {Condition(resource.id, column.sensitive_when)} if column.sensitive_when else frozenset()
        ),
        kinds=frozenset({column.type}),
        is_direct=column.type in DIRECT_KINDS,
        is_free_text=column.type == "text" and column.open is None,
    )


def _reason(resource: Resource, column: Column, is_only_sensitive: bool) -> Label:
    """Say why a column has its label, in the entry's own words where it gives any."""
    if is_only_sensitive:
        return Label(
            zh=f"部分行为个人信息：{column.sensitive_when}", en=f"personal where {column.sensitive_when}"
        )
    access = column.open if column.open else resource.open
    if resource.open_type(column) == "open_to_all":
        return _OPEN
    given = access.reason or resource.open.reason
    said = {"conditional": ("目录定为有条件开放", "conditional"), "none": ("目录定为不予开放", "not open")}
    zh, en = said[resource.open_type(column)]
    if given is None:
        return Label(zh=zh, en=f"{en} by the catalogue")
    return Label(zh=f"{zh}：{given.zh}", en=f"{en} by the catalogue: {given.en or given.zh}")


def _attribute_label(entity: Entity, attribute: Attribute, listed: list[Resource]) -> ColumnLabel:
    """Label an attribute by all claims made for it; personal ones stay inside."""
    name = f"{entity.name}.{attribute.name}"
    claims = [_column_label(r, column) for r in listed for column in r.columns if column.base == name]
    if not claims:
        return unknown(name, _UNCLAIMED)
    label = join(claims)
    if not attribute.is_personal:
        return label
    return replace(label, label="none", floor="none", undeclassified="none", reason=_PERSONAL)


def _at(label: ColumnLabel, table: str, column: str) -> ColumnLabel:
    """Return the label of a stored column: its own source and origin."""
    return replace(label, sources=(f"{table}.{column}",), origin=Origin(table, column))
