"""One entry put together from the rows that speak of it, over what the draft's file says.

Here: cells to places of the entry, and errors of the typed shape back to their cells. Not here: which rows belong to
which entry (``reading.py``). A column that the workbook has decides; one that it lacks leaves what the file says.
"""

import copy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resource_catalogue.faults import CatalogueFault
from resource_catalogue.guide_workbook import views
from resource_catalogue.guide_workbook.cell_text import CellError, says_nothing
from resource_catalogue.guide_workbook.kinds import Words
from resource_catalogue.guide_workbook.layout import GUIDE, ITEMS, MORE, RULES, Field, ItemOrEntry, Place
from resource_catalogue.guide_workbook.pages import Spot
from resource_catalogue.guide_workbook.tables import Row
from resource_catalogue.resource import Resource
from resource_catalogue.shape_words import expected_words
from resource_catalogue.yaml_source import place_in_file

Tree = dict[str, Any]
_FOUND_LENGTH = 60
_CORRECT = "改正单元格 / correct the cell"
_EMPTY = "空 / empty"
_LISTS = {"columns": ITEMS, "rules": RULES}


class Faults:
    """Collect the faults of one workbook."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[CatalogueFault] = []

    def add(self, spot: Spot, found: str, expected: str, remedy: str = _CORRECT) -> None:
        """Add a fault at a cell, once."""
        shown = found if len(found) <= _FOUND_LENGTH else found[:_FOUND_LENGTH] + "…"
        fault = CatalogueFault(self.path, spot.line, str(spot), shown or _EMPTY, expected, remedy)
        if fault not in self.found:
            self.found.append(fault)

    def at(self, spot: Spot) -> bool:
        """Tell whether a cell has a fault already."""
        return any(fault.place == str(spot) for fault in self.found)


class Assembly:
    """Put one entry together.

    Args:
        words: What cells are read with.
        faults: Where faults go.
        anchor: First cell of the entry, for faults of things that have no cell.
        before: The entry as the draft's file has it, null for a new one.
    """

    def __init__(self, words: Words, faults: Faults, anchor: Spot, before: Resource | None) -> None:
        self._words, self._faults, self._anchor = words, faults, anchor
        self.before: Tree = _tree(before) if before else {}
        self.tree: Tree = copy.deepcopy(self.before)
        self._spots: dict[Place, Spot] = {}
        self._headings: dict[Place, Field] = {}
        self._views: list[tuple[str, Place, Row, Field]] = []

    def put(self, base: Place, row: Row, field: Field) -> None:
        """Read a cell into the entry; an empty one takes out what the file says there."""
        if field.is_view:
            if field.kind in views.SHOWN and not says_nothing(row.text(field)):
                self._views.append((field.kind, base, row, field))
            return
        place = (*base, *field.path)
        value = self.read(row, field)
        self._spots[place], self._headings[place] = row.spot(field), field
        if value is None:
            _take_out(self.tree, place)
        else:
            _set(self.tree, place, value)

    def read(self, row: Row, field: Field) -> Any:
        """Return the value of a cell, null where it says nothing or is faulty."""
        try:
            return self._words.kinds[field.kind].read(row.text(field))
        except CellError as error:
            self._faults.add(row.spot(field), row.text(field), error.expected)
            return None

    def set_items(self, names: list[str], spots: list[Spot]) -> None:
        """Declare which items the entry has, in order; what the file says of each stays until cells decide."""
        known = {item["name"]: item for item in self.before.get("columns", [])}
        self.tree["columns"] = [copy.deepcopy(known.get(name, {"name": name})) for name in names]
        for index, spot in enumerate(spots):
            self._spots["columns", index] = self._spots["columns", index, "name"] = spot

    def set_list(self, place: Place, values: list[tuple[Tree, Row]], fields: tuple[Field, ...]) -> None:
        """Replace the list at a place by rows of a sheet."""
        _take_out(self.tree, place)
        if values:
            _set(self.tree, place, [value for value, _ in values])
        for index, (_, row) in enumerate(values):
            self._spots[(*place, index)] = row.spot()
            for field in fields:
                if row.table.has(field):
                    self._spots[(*place, index, *field.path)] = row.spot(field)
                    self._headings[(*place, index, *field.path)] = field

    def finish(self) -> Resource | None:
        """Let views decide and confirm, and return the entry; null where it has faults."""
        for view, base, row, field in self._views:
            self._settle(view, base, row, field)
        try:
            return Resource.model_validate(_pruned(self.tree))
        except ValidationError as error:
            for item in error.errors(include_url=False):
                self._report(place_in_file(item["loc"]), item["type"], expected_words(item), item["input"])
            return None

    def _settle(self, view: str, base: Place, row: Row, field: Field) -> None:
        part, before = _part(self.tree, base), self._part_before(base)
        target = views.STANDS_FOR.get(view)
        try:
            if target and _part(part, target) is None and not self._is_faulty((*base, *target)):
                value = views.stand_in(view, row.text(field), part, before, self._words)
                _set(self.tree, (*base, *target), value)
                self._spots.setdefault((*base, *target), row.spot(field))
            elif target and (*base, *target) not in self._spots:
                # The field's own cell is not in the workbook: the view overrules what the file says.
                _set(
                    self.tree,
                    (*base, *target),
                    views.stand_in(view, row.text(field), part, before, self._words),
                )
            else:
                views.confirm(view, row.text(field), part, self._words)
        except CellError as error:
            self._faults.add(row.spot(field), row.text(field), error.expected)

    def _is_faulty(self, place: Place) -> bool:
        return place in self._spots and self._faults.at(self._spots[place])

    def _part_before(self, base: Place) -> Tree:
        """Return what the file says of the entry, or of the item now at a place."""
        if not base:
            return self.before
        name = (_part(self.tree, base) or {}).get("name")
        return next((item for item in self.before.get("columns", []) if item["name"] == name), {})

    def _report(self, place: Place, kind: str, expected: str, found: Any) -> None:
        """Report an error of the typed shape at the cell it comes from, once per cell."""
        filled_in = self._cell_of(place, is_missing=kind == "missing")
        if filled_in is None:
            column = _column_of(place)
            where = f"{column[0].name.zh}「{column[1].zh}」" if column else ".".join(map(str, place))
            remedy = f"在{where}中填写 / fill in {where}"
            self._faults.add(self._nearest(place), f"缺少 / no {where}", expected, remedy)
        elif not self._faults.at(self._spots[filled_in]):
            field = self._headings.get(filled_in)
            expected = f"{field.zh}: {expected}" if field else expected
            self._faults.add(self._spots[filled_in], "" if kind == "missing" else _shown(found), expected)

    def _cell_of(self, place: Place, *, is_missing: bool) -> Place | None:
        """Return the place whose cell an error belongs to.

        It is the place itself; for an object that is missing whole the first cell below it; for a part of a list
        the cell that holds the list.
        """
        if place in self._spots:
            return place
        below = next((other for other in self._spots if other[: len(place)] == place), None)
        if below is not None or is_missing:
            return below
        above = (place[:length] for length in range(len(place) - 1, 0, -1))
        return next((other for other in above if other in self._spots), None)

    def _nearest(self, place: Place) -> Spot:
        while place:
            if place in self._spots:
                return self._spots[place]
            place = place[:-1]
        return self._anchor


def _tree(resource: Resource) -> Tree:
    """Return what an entry says beyond the defaults, as values of the files."""
    return resource.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _column_of(place: Place) -> tuple[Any, Field] | None:
    """Return the sheet and the column where a place is filled in."""
    of: ItemOrEntry = "entry"
    layouts = (GUIDE, MORE)
    if len(place) > 2 and place[0] in _LISTS and isinstance(place[1], int):
        of = "item" if place[0] == "columns" else "entry"
        layouts = (GUIDE, _LISTS[str(place[0])]) if of == "item" else (_LISTS[str(place[0])],)  # type: ignore[assignment]
        place = place[2:]
    for layout in layouts:
        field = layout.at(place, of)
        if field:
            return layout, field
    return None


def _part(tree: Any, place: Place) -> Any:
    for key in place:
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _set(tree: Any, place: Place, value: Any) -> None:
    for key in place[:-1]:
        tree = tree[key] if isinstance(key, int) else tree.setdefault(key, {})
    tree[place[-1]] = value


def _take_out(tree: Any, place: Place) -> None:
    holder = _part(tree, place[:-1])
    if isinstance(holder, dict):
        holder.pop(str(place[-1]), None)


def _pruned(tree: Any) -> Any:
    """Leave out objects that nothing was filled in for: an absent reason is no reason."""
    if isinstance(tree, list):
        return [_pruned(part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    kept = {key: part if key == "arguments" else _pruned(part) for key, part in tree.items()}
    return {key: part for key, part in kept.items() if part != {}}


def _shown(value: Any) -> str:
    if isinstance(value, str | int | float | bool):
        return str(value)
    return "列表 / a list" if isinstance(value, list | tuple) else "多个单元格 / several cells"
