"""Rows of the guide's sheet gathered by entry, and the entry that a row of another sheet speaks of.

Here: blocks with merged, repeated or empty cells; ids, codes and names as keys. Not here: what the cells say
(``assembly.py``). A code or name leads to an entry only where one alone has it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from resource_catalogue.catalogue import Catalogue
from resource_catalogue.guide_workbook.assembly import Faults
from resource_catalogue.guide_workbook.cell_text import MARK, PHRASE, says_nothing
from resource_catalogue.guide_workbook.layout import GUIDE, Field, Layout
from resource_catalogue.guide_workbook.pages import Spot
from resource_catalogue.guide_workbook.tables import Row, Table

ID, CODE, NAME = GUIDE.field("id"), GUIDE.field("code"), GUIDE.field("name", "zh")
Key = tuple[str, str]
"""Chinese heading of the column that names the entry, and its value."""


@dataclass
class Block:
    """Hold the rows of one entry of the guide's sheet.

    Attributes:
        items: Name of each item and the row that declares it.
    """

    key: Key
    rows: list[Row] = field(default_factory=list)
    items: list[tuple[str, Row]] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """Return the sheet."""
        return self.rows[0].table

    def first(self, column: Field) -> Row:
        """Return the first row that says something in a column, else the first row."""
        return next((row for row in self.rows if not says_nothing(row.text(column))), self.rows[0])

    def check_repeated(self, column: Field, faults: Faults) -> None:
        """Report every row that contradicts the first one of the entry."""
        first = PHRASE.read(self.first(column).text(column))
        for row in self.rows:
            other = PHRASE.read(row.text(column))
            if other is not None and other != first:
                faults.add(
                    row.spot(column),
                    other,
                    f"与上方同一资源相同: {first} / the same as above for one resource",
                    "改为相同，或另起一个资源标识 / make them the same, or give another id",
                )


class Blocks:
    """Find the entries of a workbook.

    Args:
        catalogue: Draft entries, for rows that name an entry by code or name only.
    """

    def __init__(self, catalogue: Catalogue, faults: Faults) -> None:
        self._catalogue, self._faults = catalogue, faults
        self._by_code: dict[str, str] = {}
        self.found: dict[str, Block] = {}

    def gather(self, table: Table | None) -> None:
        """Gather the rows of the guide's sheet; a row without a key goes on with the entry above it."""
        if table is None:
            self._faults.add(
                Spot(GUIDE.name.zh),
                "没有此工作表或其表头 / no such sheet or no headings",
                "信息资源名称、信息资源代码等表头 / the guide's headings",
                "使用导出的工作簿 / use an exported workbook",
            )
            return
        for block in self._blocks(table):
            self._identify(block)

    def entry_of(self, row: Row, layout: Layout) -> str | None:
        """Return the entry that a row of another sheet speaks of; null, and a fault, where there is none."""
        by_id, by_code = layout.view("key_id"), layout.view("key_code")
        given_id, given_code = MARK.read(row.text(by_id)), MARK.read(row.text(by_code))
        entry = given_id if given_id in self.found else None
        if given_id is None:
            entry = self._by_code.get(given_code or "") or None
        if entry is None:
            self._faults.add(
                row.spot(by_id if row.table.has(by_id) else by_code),
                given_id or given_code or "",
                f"{GUIDE.name.zh}中的资源标识 / an id of the first sheet",
                "改正标识，或删去此行 / correct the id, or delete the row",
            )
        return entry

    def _blocks(self, table: Table) -> list[Block]:
        blocks: dict[Key, Block] = {}
        current: Block | None = None
        for row in table.rows():
            key = _key(row, current)
            if key:
                current = blocks.setdefault(key, Block(key))
            if current is None:
                expected = "资源标识或信息资源代码 / an id or code"
                self._faults.add(row.spot(ID), "", expected, "填在首行 / fill in the first row")
                continue
            current.rows.append(row)
        return list(blocks.values())

    def _identify(self, block: Block) -> None:
        entry = block.key[1] if block.key[0] == ID.zh else self._known_as(block.key)
        if entry is None or entry in self.found:
            self._faults.add(
                block.rows[0].spot(ID),
                entry or "",
                "资源标识，形如 机构.名称，各不相同 / an id such as agency.name, each once",
                "填写资源标识 / fill in the id",
            )
            return
        self.found[entry] = block
        code = MARK.read(block.first(CODE).text(CODE))
        if code:
            self._by_code[code] = "" if code in self._by_code else entry

    def _known_as(self, key: Key) -> str | None:
        known: Mapping[str, str] = {
            one.id: one.code if key[0] == CODE.zh else one.name.zh
            for one in self._catalogue.resources.values()
        }
        found = [entry for entry, said in known.items() if said == key[1]]
        return found[0] if len(found) == 1 else None


def _key(row: Row, current: Block | None) -> Key | None:
    """Return the id, else the code, else the name that a row gives; null where it goes on."""
    for column, value in _keys(row):
        if current and any((column, value) in _keys(other) for other in current.rows):
            return current.key
        return (column, value)
    return None


def _keys(row: Row) -> Iterator[Key]:
    for column, kind in ((ID, MARK), (CODE, MARK), (NAME, PHRASE)):
        value = kind.read(row.text(column))
        if value:
            yield column.zh, value
