"""What a permit shows in the words of the protocol: one share, its schemas, its tables.

Here: share = the recipient, schema = first part of a grant's entry, table = the second. Only copying grants (库表对接,
文件下载) show; whatever else there is does not exist for the recipient. Not here: opening the tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from resource_catalogue.access_words import COPYING, Grant
from resource_catalogue.words import TableName
from serving.sharing.ports import Permit


@dataclass(frozen=True, slots=True)
class VisibleTable:
    """Name one table that a recipient sees.

    Attributes:
        schema: Agency, or ``base``; ``name`` the entry's second part.
        alias: Name that stays with the class of the grant even when others of the same entry come or go.
        grant: Grant that an access rests on; of several for the same table the one with the longest history.
    """

    share: str
    schema: str
    name: str
    alias: str
    grant: Grant

    @property
    def table(self) -> TableName:
        """Return the table of the lake."""
        return self.grant.table


def visible_tables(permit: Permit) -> list[VisibleTable]:
    """List what a permit shows, by schema and name.

    Two grants of one entry with other columns or divisions are two tables: the one granted first has the plain name,
    the others end in the mark of their class.
    """
    chosen: dict[TableName, Grant] = {}
    for grant in sorted((g for g in permit.grants if g.mode in COPYING), key=lambda g: g.id):
        held = chosen.get(grant.table)
        chosen[grant.table] = grant if held is None else _longer(held, grant)
    taken: set[tuple[str, str]] = set()
    found = []
    for table, grant in chosen.items():
        schema, _, name = grant.entry.partition(".")
        alias = f"{name}__{table.name.rpartition('__')[2]}"
        plain = (schema.casefold(), name.casefold())
        found.append(
            VisibleTable(permit.recipient.id, schema, alias if plain in taken else name, alias, grant)
        )
        taken.add(plain)
    return sorted(found, key=lambda v: (v.schema.casefold(), v.name.casefold()))


def find_table(tables: Iterable[VisibleTable], schema: str, name: str) -> VisibleTable | None:
    """Find a table by its names, whatever their case."""
    wanted, place = name.casefold(), schema.casefold()
    inside = [v for v in tables if v.schema.casefold() == place]
    plain = next((v for v in inside if v.name.casefold() == wanted), None)
    return plain or next((v for v in inside if v.alias.casefold() == wanted), None)


def _longer(first: Grant, second: Grant) -> Grant:
    """Return the grant that reaches further back; the first where both do."""
    if second.history_from_version is None:
        return first
    if first.history_from_version is None or second.history_from_version < first.history_from_version:
        return second
    return first
