"""What the lake says about rows that tasks are about: found, present, replaced, unchanged.

Here: reading ``quality.*``, ``ingestion.replaced_rows``, ``standard.*`` keys, and comparing rows as sent
inside the engine. Not here: what follows from it (``rectification.py``). No value of a data row leaves the
engine.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from lake import Lake
from lake.engine import engine_errors
from lake.tables import FINDINGS, REPLACED_ROWS, RESULTS
from resource_catalogue.words import TableName, raw_table, standard_table

_EVALUATED = ("passed", "failed")
_FOR_A_TASK = ("error", "block")
"""Severities of findings that the agency must settle; ``warn`` is only told."""
_NOT_SENT = {"_delivery_id", "_row_number", "_line", "_sheet", "_row_key"}


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Hold one finding, in the order in which a task lists its rows."""

    agency_id: str
    resource_id: str
    rule_id: str
    file_name: str
    sheet: str
    row_number: int
    column: str
    finding_id: str
    row_key: str
    delivery_id: str
    line: int | None
    check: str
    reason: str
    rule_version: str
    severity: str

    @property
    def group(self) -> tuple[str, str, str]:
        """Return what makes one task: agency, resource, rule."""
        return (self.agency_id, self.resource_id, self.rule_id)


@dataclass(frozen=True, slots=True)
class Place:
    """Name a row of a delivery."""

    delivery_id: str
    row_number: int
    row_key: str


class Evidence:
    """Answer questions about the lake as it is in this run.

    Args:
        lake: Lake to read.
        open_rules: Rules that have open tasks: their findings count as failing whatever their severity is
            now.
    """

    def __init__(self, lake: Lake, open_rules: Collection[str] = ()) -> None:
        self._lake = lake
        self.has_findings = lake.exists(FINDINGS)
        self.findings = {found.finding_id: found for found in _findings(lake, open_rules)}
        self._by_place: dict[tuple[str, str, str, int], list[str]] = {}
        for found in sorted(self.findings.values()):
            place = (found.rule_id, found.column, found.delivery_id, found.row_number)
            self._by_place.setdefault(place, []).append(found.finding_id)
        self._assessed = _assessed_rules(lake)
        self._replaced: dict[str, _Links] = {}

    def errors(self) -> list[Found]:
        """List the findings that call for a task, in the order of tasks and rows."""
        return sorted(found for found in self.findings.values() if found.severity in _FOR_A_TASK)

    def is_assessed(self, rule_id: str) -> bool:
        """Tell whether the rule ran: a rule that crashed or was taken away corrects no row."""
        return self.has_findings and (self._assessed is None or rule_id in self._assessed)

    def findings_at(self, rule_id: str, column: str, place: Place) -> list[str]:
        """List the findings of a rule and column on a row, by where it stands."""
        return self._by_place.get((rule_id, column, place.delivery_id, place.row_number), [])

    def replacement(self, resource_id: str, place: Place) -> Place | None:
        """Return where the row stands that later deliveries have in a row's place, at the end of the links.

        Its key is left empty: a link names a place.
        """
        if resource_id not in self._replaced:
            self._replaced[resource_id] = _read_links(self._lake, resource_id)
        links = self._replaced[resource_id]
        later = links.of_place.get((place.delivery_id, place.row_number)) or links.of_key.get(place.row_key)
        seen: set[Place] = set()
        while later is not None and later not in seen:
            seen.add(later)
            further = links.of_place.get((later.delivery_id, later.row_number))
            if further is None:
                return later
            later = further
        return later

    def present_keys(self, resource_id: str, keys: Collection[str]) -> set[str]:
        """Return those keys that rows of the current deliveries carry."""
        table = standard_table(resource_id)
        if not keys or not self._lake.exists(table):
            return set()
        sql = f"select distinct _row_key from {_name(table)} where _row_key in (select unnest(?))"
        return set(self._lake.query(sql, table, parameters=[sorted(keys)])["_row_key"].to_list())

    def unchanged(self, resource_id: str, before: Place, now: Place) -> bool:
        """Tell whether a row was sent again exactly as before; False where the earlier one is not kept."""
        if before.row_key != now.row_key:
            return False
        if before.delivery_id == now.delivery_id:
            return before.row_number == now.row_number
        return bool(before.row_key) and self._same_text(raw_table(resource_id), before, now)

    def _same_text(self, table: TableName, before: Place, now: Place) -> bool:
        if not self._lake.exists(table):
            return False
        connection = self._lake.connect(table)
        try:
            with engine_errors(str(table)):
                described = connection.execute(f"describe {_name(table)}").fetchall()
                sent = [
                    f'"{row[0].replace(chr(34), chr(34) * 2)}"'
                    for row in described
                    if row[0] not in _NOT_SENT
                ]
                same = (
                    " and ".join(f"a.{column} is not distinct from b.{column}" for column in sent) or "true"
                )
                counted = connection.execute(
                    f"select count(*) from {_name(table)} a, {_name(table)} b where a._delivery_id = ? and "
                    f"a._row_number = ? and b._delivery_id = ? and b._row_number = ? and {same}",
                    [before.delivery_id, before.row_number, now.delivery_id, now.row_number],
                ).fetchone()
        finally:
            connection.close()
        return counted is not None and counted[0] > 0


@dataclass(frozen=True, slots=True)
class _Links:
    """Hold a resource's links by old place, and by old key for rows that were sent again before."""

    of_place: dict[tuple[str, int], Place]
    of_key: dict[str, Place]


def _findings(lake: Lake, open_rules: Collection[str]) -> Iterable[Found]:
    if not lake.exists(FINDINGS):
        return
    text = ("file_name", "sheet", "column", "row_key", "delivery_id", "check", "reason", "rule_version")
    listed = ", ".join(_selected(field.name, field.name in text) for field in fields(Found))
    wanted = "severity in (select unnest(?)) or rule_id in (select unnest(?::varchar[]))"
    sql = f"select {listed} from {FINDINGS} where {wanted}"
    parameters = [list(_FOR_A_TASK), sorted(open_rules)]
    for row in lake.query(sql, FINDINGS, parameters=parameters).iter_rows(named=True):
        yield Found(**row)


def _selected(name: str, is_text: bool) -> str:
    if name == "row_number":
        return "coalesce(row_number, 0) as row_number"
    return f'coalesce("{name}", \'\') as "{name}"' if is_text else f'"{name}"'


def _assessed_rules(lake: Lake) -> set[str] | None:
    if not lake.exists(RESULTS):
        return None
    states = ", ".join(f"'{state}'" for state in _EVALUATED)
    rows = lake.query(f"select distinct rule_id from {RESULTS} where state in ({states})", RESULTS)
    return set(rows["rule_id"].to_list())


def _read_links(lake: Lake, resource_id: str) -> _Links:
    links = _Links({}, {})
    if not lake.exists(REPLACED_ROWS):
        return links
    sql = (
        "select old_delivery_id, old_row_number, coalesce(old_row_key, ''), new_delivery_id, new_row_number "
        f"from {REPLACED_ROWS} where resource_id = ? order by all"
    )
    found = lake.query(sql, REPLACED_ROWS, parameters=[resource_id])
    for delivery_id, row_number, row_key, new_delivery_id, new_row_number in found.iter_rows():
        later = Place(new_delivery_id, new_row_number, "")
        links.of_place[delivery_id, row_number] = later
        if row_key:
            links.of_key[row_key] = later
    return links


def _name(table: TableName) -> str:
    return f'"{table.schema}"."{table.name}"'
