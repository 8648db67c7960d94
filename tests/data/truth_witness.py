"""Find every finding in generated feeds by reading the catalogue's declarations row by row, in plain Python.

Here: the checks of the contracts between rooms, written a second time, slowly, over the rows of ``Feed``.
Values are judged by ``norms``, which the generator does not know. Not here: the platform's own checks.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from data.generator.feed import Feed
from norms import certificate_identifier, citizen_id, credit_code, dates, mobile, money
from norms.text import is_absent
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.resource import Column, Resource, Rule

Found = tuple[str, str, str, int]
"""Arrival, file, rule id, row number."""

_IDENTIFIERS: dict[str, ModuleType] = {"citizen_id": citizen_id, "credit_code": credit_code}
_SUBJECTS = {"person": "citizen_id", "organisation": "credit_code"}


@dataclass
class Cell:
    """One value as read: what it is worth, and the code of its fault or note."""

    value: Any
    fault: bool = False
    note: bool = False


@dataclass
class ReadRow:
    """One row with its place."""

    feed: Feed
    number: int
    cells: dict[str, Cell]


@dataclass
class Witness:
    """Hold the current rows of all resources and find what is wrong in them."""

    catalogue: Catalogue
    as_of: dt.date
    rows: dict[str, list[ReadRow]] = field(default_factory=lambda: defaultdict(list))
    found: set[Found] = field(default_factory=set)

    def add(self, feed: Feed) -> None:
        """Read a file's rows; a row of another width is rejected."""
        resource = self.catalogue.resources[feed.resource]
        names = [name for name, _ in feed.columns]
        for number, row in enumerate(feed.rows(), start=1):
            if len(row) != len(names):
                self._report(feed, number, "rejected_row", "")
                continue
            cells = {n: _read(resource.column(n), cell) for n, cell in zip(names, row, strict=True)}
            self.rows[feed.resource].append(ReadRow(feed, number, cells))

    def check(self) -> set[Found]:
        """Run every check over every resource."""
        for resource_id, rows in self.rows.items():
            resource = self.catalogue.resources[resource_id]
            for row in rows:
                for name, cell in row.cells.items():
                    self._check_cell(resource, row, resource.column(name), cell)
                for rule in resource.rules:
                    self._check_rule(row, rule)
            self._check_unique(resource, rows)
        for register in self.catalogue.registers.values():
            for entry in register.entries:
                for compared in entry.compare:
                    self._check_agreement(register.entity, entry.source, compared, entry.attribute)
        return self.found

    def _report(self, feed: Feed, number: int, check: str, column: str) -> None:
        self.found.add((feed.arrival, feed.file, f"{feed.resource}:{check}:{column}", number))

    def _check_cell(self, resource: Resource, row: ReadRow, column: Column, cell: Cell) -> None:
        for check, fails in self._checks_of(resource, row, column, cell):
            if fails:
                self._report(row.feed, row.number, check, column.name)

    def _checks_of(
        self, resource: Resource, row: ReadRow, column: Column, cell: Cell
    ) -> Iterator[tuple[str, bool]]:
        is_identifier = column.type in ("citizen_id", "credit_code", "subject_identifier")
        yield "required", column.required and cell.value is None and not cell.fault
        yield ("identifier" if is_identifier else "type"), cell.fault
        yield "noted", cell.note
        codes = "divisions" if column.type == "division" else column.codes
        if codes and cell.value is not None:
            yield "code_list", not self._is_listed(codes, cell.value, self._day(resource, row))

    def _day(self, resource: Resource, row: ReadRow) -> dt.date:
        at = resource.collected.at
        if isinstance(at, dt.date):
            return at
        value = row.cells[at].value if at else None
        return value if isinstance(value, dt.date) else self.as_of

    def _is_listed(self, codes: str, value: str, day: dt.date) -> bool:
        return any(
            code.code == value
            and (code.valid_from is None or code.valid_from <= day)
            and (code.valid_to is None or day <= code.valid_to)
            for code in self.catalogue.code_lists[codes].codes
        )

    def _check_rule(self, row: ReadRow, rule: Rule) -> None:
        values = [row.cells[name].value for name in rule.columns]
        if None in values:
            return
        age = int(rule.arguments.get("max_age_days", 0))
        fails: dict[str, Callable[[], bool]] = {
            "order": lambda: values[0] > values[1],
            "not_future": lambda: values[0] > self.as_of,
            "not_stale": lambda: values[0] < self.as_of - dt.timedelta(days=age),
        }
        if fails[rule.check]():
            self.found.add((row.feed.arrival, row.feed.file, f"{row.feed.resource}:{rule.id}", row.number))

    def _check_unique(self, resource: Resource, rows: Iterable[ReadRow]) -> None:
        groups: dict[tuple[Any, ...], list[ReadRow]] = defaultdict(list)
        for row in rows:
            key = tuple(row.cells[name].value for name in resource.key)
            if None not in key:
                groups[key].append(row)
        for group in groups.values():
            for row in group if len(group) > 1 else ():
                self._report(row.feed, row.number, "unique", "")

    def _check_agreement(self, entity: str, source: str, compared: str, attributes: tuple[str, ...]) -> None:
        identifier = _SUBJECTS[entity]
        sources = {self._claim(source, row, entity, identifier): row for row in self.rows[source]}
        for row in self.rows[compared]:
            subject = self._claim(compared, row, entity, identifier)
            if subject is None or subject not in sources:
                continue
            for attribute in attributes:
                ours = self._claim(compared, row, entity, attribute)
                theirs = self._claim(source, sources[subject], entity, attribute)
                if None not in (ours, theirs) and ours != theirs:
                    column = self._column(compared, entity, attribute)
                    assert column is not None
                    self._report(row.feed, row.number, "agreement", column.name)

    def _column(self, resource_id: str, entity: str, attribute: str) -> Column | None:
        columns = self.catalogue.resources[resource_id].columns
        return next((c for c in columns if c.base == f"{entity}.{attribute}"), None)

    def _claim(self, resource_id: str, row: ReadRow, entity: str, attribute: str) -> Any:
        column = self._column(resource_id, entity, attribute)
        return row.cells[column.name].value if column else None


def _read(column: Column, sent: Any) -> Cell:
    """Read one cell by its column's declaration."""
    text = "" if sent is None else str(sent)
    if is_absent(text):
        return Cell(None)
    match column.type:
        case "citizen_id" | "credit_code" as kind:
            return _judged(_IDENTIFIERS[kind], text)
        case "subject_identifier":
            person = _judged(citizen_id, text)
            return _judged(credit_code, text) if person.fault else person
        case "certificate_identifier":
            return _judged(certificate_identifier, text)
        case "phone":
            return _judged(mobile, text)
        case "money":
            reading = money.normalise(text, column.unit or "元")
            return Cell(reading.value, fault=reading.value is None)
        case "date":
            found = dates.normalise(text, column.formats)
            return Cell(
                found.value, fault=found.value is None, note=bool(found.code) and found.value is not None
            )
        case "datetime":
            return _parsed(lambda: dt.datetime.strptime(f"{text} +0800", f"{column.formats[0]} %z").date())
        case "integer":
            return _parsed(lambda: int(text))
        case "decimal":
            return _parsed(lambda: float(text))
    return Cell(text, fault=column.max is not None and len(text) > column.max)


def _judged(norm: ModuleType, text: str) -> Cell:
    reading = norm.normalise(text)
    fault = reading.code is not None and norm.EXPLANATIONS[reading.code].is_fault
    return Cell(reading.value, fault=fault, note=reading.code is not None and not fault)


def _parsed(parse: Callable[[], Any]) -> Cell:
    try:
        return Cell(parse())
    except ValueError:
        return Cell(None, fault=True)
