"""Read a workbook back as entries: rows gathered by entry, every mistake of all rows reported.

Here: sheet after sheet into entries, and which item a row speaks of. Not here: which entry (``blocks.py``), one
entry's own cells (``assembly.py``), files (``drafts.py``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resource_catalogue.catalogue import Catalogue
from resource_catalogue.faults import FaultyCatalogue
from resource_catalogue.guide_workbook.assembly import Assembly, Faults
from resource_catalogue.guide_workbook.blocks import CODE, ID, Block, Blocks
from resource_catalogue.guide_workbook.cell_text import MARK, PHRASE, says_nothing
from resource_catalogue.guide_workbook.kinds import Words
from resource_catalogue.guide_workbook.layout import BASES, GUIDE, ITEMS, MORE, RULES, Layout, Place
from resource_catalogue.guide_workbook.pages import read_pages
from resource_catalogue.guide_workbook.tables import Row, Tables, find_tables
from resource_catalogue.resource import Resource

_ITEM, _ITEM_LABEL = GUIDE.field("name", of="item"), GUIDE.field("zh", of="item")
_OF_ITEM = ("column_share", "column_open")


@dataclass(frozen=True)
class Reading:
    """Hold what a workbook says.

    Attributes:
        resources: Entries by id.
        notes: What was passed over, with its place, in Chinese and English.
    """

    resources: dict[str, Resource]
    notes: tuple[str, ...]


def read_workbook(path: Path, catalogue: Catalogue, words: Words) -> Reading:
    """Read the entries of a workbook over those of the draft.

    Args:
        path: XLSX or XLS file.
        catalogue: Draft entries; what the workbook has no column for stays as they say it.
        words: Names and word lists of the deployment.

    Raises:
        FaultyCatalogue: Cells are faulty; every one is named with sheet, cell, found, expected, remedy.
        CatalogueError: The file is no workbook.
    """
    return _Reader(path, catalogue, words).reading()


class _Reader:
    def __init__(self, path: Path, catalogue: Catalogue, words: Words) -> None:
        self._catalogue, self._words = catalogue, words
        self._faults = Faults(path)
        self._tables: Tables = find_tables(read_pages(path))
        self._blocks = Blocks(catalogue, self._faults)

    def reading(self) -> Reading:
        self._blocks.gather(self._tables.get(GUIDE))
        assemblies = {entry: self._assembly(entry, block) for entry, block in self._blocks.found.items()}
        self._add_more(assemblies)
        self._add_items(assemblies)
        self._add_bases(assemblies)
        self._add_rules(assemblies)
        resources = {entry: assembly.finish() for entry, assembly in assemblies.items()}
        if self._faults.found:
            raise FaultyCatalogue(self._faults.found)
        return Reading({entry: one for entry, one in resources.items() if one}, self._tables.notes)

    def _assembly(self, entry: str, block: Block) -> Assembly:
        anchor = block.rows[0].spot(ID if block.table.has(ID) else CODE)
        assembly = Assembly(self._words, self._faults, anchor, self._catalogue.resources.get(entry))
        for column in block.table.columns:
            if column.of == "entry":
                block.check_repeated(column, self._faults)
                assembly.put((), block.first(column), column)
        assembly.tree["id"] = entry
        if any(column.of == "item" for column in block.table.columns):
            self._add_item_rows(assembly, block)
        return assembly

    def _add_item_rows(self, assembly: Assembly, block: Block) -> None:
        columns = [column for column in block.table.columns if column.of == "item"]
        for row in block.rows:
            if all(says_nothing(row.text(column)) for column in columns):
                continue
            name = self._item_name(assembly, row)
            if name in {known for known, _ in block.items}:
                self._faults.add(
                    row.spot(_ITEM),
                    name or "",
                    "每个信息项一行 / one row per item",
                    "删去或改名 / delete or rename",
                )
                continue
            if name:
                block.items.append((name, row))
        spots = [row.spot(_ITEM) for _, row in block.items]
        assembly.set_items([name for name, _ in block.items], spots)
        for index, (_, row) in enumerate(block.items):
            for column in columns:
                if column is not _ITEM:
                    assembly.put(("columns", index), row, column)

    def _item_name(self, assembly: Assembly, row: Row) -> str | None:
        """Return the item's name; the Chinese name is enough for an item that the draft's entry has."""
        name = MARK.read(row.text(_ITEM))
        label = PHRASE.read(row.text(_ITEM_LABEL))
        if name is None and label:
            found = [item["name"] for item in assembly.before.get("columns", []) if item["zh"] == label]
            name = found[0] if len(found) == 1 else None
        if name is None:
            self._faults.add(
                row.spot(_ITEM if row.table.has(_ITEM) else _ITEM_LABEL), label or "",
                "信息项标识，小写英文 / the item's id in lower-case letters", "填写信息项标识 / fill in the item's id",
            )  # fmt: skip
        return name

    def _rows(self, layout: Layout) -> Iterator[tuple[str, Row]]:
        """Yield the rows of a further sheet with the entry each speaks of."""
        table = self._tables.get(layout)
        for row in table.rows() if table else ():
            entry = self._blocks.entry_of(row, layout)
            if entry:
                yield entry, row

    def _add_more(self, assemblies: Mapping[str, Assembly]) -> None:
        seen: set[str] = set()
        for entry, row in self._rows(MORE):
            if self._is_second(entry, seen, row, MORE):
                continue
            for column in row.table.columns:
                if not column.is_view:
                    assemblies[entry].put((), row, column)

    def _add_items(self, assemblies: Mapping[str, Assembly]) -> None:
        seen: set[str] = set()
        for entry, row in self._rows(ITEMS):
            index = self._item_of(row, assemblies[entry], ITEMS, "name", "key_item")
            if index is None or self._is_second(f"{entry} {index}", seen, row, ITEMS):
                continue
            for column in row.table.columns:
                if column.path and column.path != ("name",):
                    assemblies[entry].put(("columns", index), row, column)

    def _is_second(self, key: str, seen: set[str], row: Row, layout: Layout) -> bool:
        if key in seen:
            by_id = layout.view("key_id")
            self._faults.add(
                row.spot(by_id), row.text(by_id), "一行 / one row", "合并为一行 / bring them into one row"
            )
        is_second = key in seen
        seen.add(key)
        return is_second

    def _item_of(self, row: Row, assembly: Assembly, layout: Layout, *keys: str) -> int | None:
        """Return the position of the item that a row names, by id or Chinese name."""
        by_name = layout.at(("name",), "item") or layout.view(keys[0])
        by_label = layout.view(keys[-1])
        name, label = MARK.read(row.text(by_name)), PHRASE.read(row.text(by_label))
        items: list[dict[str, Any]] = assembly.tree.get("columns", [])
        wanted, key = (name, "name") if name else (label, "zh")
        found = [index for index, item in enumerate(items) if item.get(key) == wanted]
        if len(found) != 1:
            self._faults.add(
                row.spot(by_name), name or label or "", "该资源的信息项标识 / an item of the resource",
                "改正标识，或删去此行 / correct it, or delete the row",
            )  # fmt: skip
        return found[0] if len(found) == 1 else None

    def _add_bases(self, assemblies: Mapping[str, Assembly]) -> None:
        """Replace every list of bases of every entry by what the sheet says."""
        if self._tables.get(BASES) is None:
            return
        found: dict[str, dict[Place, list[tuple[dict[str, Any], Row]]]] = {entry: {} for entry in assemblies}
        for entry, row in self._rows(BASES):
            place = self._basis_place(row, assemblies[entry])
            if place:
                found[entry].setdefault(place, []).append((self._record(assemblies[entry], row, BASES), row))
        fields = tuple(column for column in BASES.fields if column.path)
        for entry, lists in found.items():
            assembly = assemblies[entry]
            items = range(len(assembly.tree.get("columns", [])))
            of_items = [("columns", index, key, "basis") for index in items for key in ("share", "open")]
            places: list[Place] = [("collected_under",), ("share", "basis"), ("open", "basis"), *of_items]
            for place in places:
                assembly.set_list(place, lists.get(place, []), fields)

    def _basis_place(self, row: Row, assembly: Assembly) -> Place | None:
        where = BASES.view("basis_place")
        word = assembly.read(row, where)
        if word is None:
            if not self._faults.at(row.spot(where)):
                self._faults.add(row.spot(where), "", self._words.drop_downs["basis_place"].expected())
            return None
        if word not in _OF_ITEM:
            return (word,) if word == "collected_under" else (word, "basis")
        index = self._item_of(row, assembly, BASES, "basis_item")
        return None if index is None else ("columns", index, word.removeprefix("column_"), "basis")

    def _add_rules(self, assemblies: Mapping[str, Assembly]) -> None:
        """Replace the rules of every entry by what the sheet says."""
        if self._tables.get(RULES) is None:
            return
        found: dict[str, list[tuple[dict[str, Any], Row]]] = {entry: [] for entry in assemblies}
        for entry, row in self._rows(RULES):
            found[entry].append((self._record(assemblies[entry], row, RULES), row))
        fields = tuple(column for column in RULES.fields if column.path)
        for entry, rules in found.items():
            assemblies[entry].set_list(("rules",), rules, fields)

    def _record(self, assembly: Assembly, row: Row, layout: Layout) -> dict[str, Any]:
        """Read a row that is one basis or rule of its own."""
        record: dict[str, Any] = {}
        for column in layout.fields:
            value = assembly.read(row, column) if column.path else None
            if value is not None:
                holder = record
                for key in column.path[:-1]:
                    holder = holder.setdefault(key, {})
                holder[column.path[-1]] = value
        return record
