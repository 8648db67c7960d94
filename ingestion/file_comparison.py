"""Compare a file with what other agencies say of the same subjects, and tell where it differs, never from what.

Here: which columns may be compared with whom, and the cells that differ. Not here: how often a cell may be asked for
(``compared_cells.py``), who may ask and what is recorded (``cli``). Implements comparing while collecting (Yinchuan
a13). Only the file's own lines and columns and the other agency are named: a subject that the other does not know, a
value that it does not have and one that is equal look the same.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from ingestion.compared_cells import ComparedCells
from ingestion.conform import conform
from ingestion.decode import decode_file
from ingestion.decoded import not_decodable
from ingestion.file_errors import as_raw
from ingestion.header import raw_names
from lake import Lake
from lake.claims import SQL_TYPES, contributors, register_claims
from lake.engine import engine_errors
from lake.tables import COMPARED_CELLS
from resource_catalogue.entities import ENTITIES
from resource_catalogue.release import Release
from resource_catalogue.resource import Column, Resource
from resource_catalogue.words import claims_table

SEVERAL_VALUES, CLOSED = "several_values", "closed"


@dataclass(frozen=True, slots=True)
class ComparedColumn:
    """Say with which resources of other agencies a column is compared.

    Attributes:
        others: Ids of those resources, with the column of each.
        agencies: Whose they are.
    """

    column: Column
    entity: str
    attribute: str
    others: tuple[tuple[str, str], ...]
    agencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Name a cell of the file that is not what another agency says.

    Attributes:
        place: 1-based place of the column in the file; 0 where it has none.
        agency: The other agency.
    """

    row_number: int
    line: int
    sheet: str
    column: str
    place: int
    agency: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """Name a cell that was not compared, for a reason that lies with the file: ``several_values`` or ``closed``."""

    row_number: int
    line: int
    sheet: str
    column: str
    place: int
    reason: str


@dataclass(frozen=True)
class Comparison:
    """Hold what comparing a file came to.

    Attributes:
        rows: Rows of the file in which something was compared, whether or not another agency knows their subjects.
        columns: What was compared with whom.
    """

    rows: int
    columns: tuple[ComparedColumn, ...]
    differences: tuple[Difference, ...]
    set_aside: tuple[SetAside, ...]

    def cells(self) -> list[Difference | SetAside]:
        """Return the cells that differ or were set aside, in order of the file."""
        return sorted((*self.differences, *self.set_aside), key=_place)


def compared_columns(release: Release, resource: Resource, day: dt.date) -> list[ComparedColumn]:
    """List the columns that say of a subject what a column of another agency says of it too.

    A column that is not shared (不予共享) is compared only where the source register compares the two resources.
    """
    found = []
    for column in resource.columns:
        entity, attribute = _claim(column)
        if not entity or attribute in ENTITIES[entity].identifier or not _names_subjects(resource, entity):
            continue
        others = tuple(_others(release, resource, entity, attribute, day))
        if others:
            agencies = sorted({release.resource(other).agency for other, _ in others})
            found.append(ComparedColumn(column, entity, attribute, others, (*agencies,)))
    return found


def compare_file(
    path: Path, resource: Resource, lake: Lake, release: Release, cells: ComparedCells, key: bytes
) -> Comparison:
    """Compare a file with the claims of other agencies as they stand in the lake.

    Texts are compared without outer spaces, all else as typed; one equal value of an agency is enough. A subject of
    which the file itself says several values is set aside, and so is a cell that was told to differ too often: a
    file must not be a list of guesses.

    Args:
        cells: What was told before; what is told now is added to it, and not yet kept.
        key: Secret of the subject keys.

    Raises:
        DeliveryError: The file cannot be read as its entry declares it.
    """
    columns = compared_columns(release, resource, cells.as_of.date())
    if not columns:
        return Comparison(0, (), (), ())
    names, stated = _stated(path, resource, columns, key)
    connection = lake.connect(COMPARED_CELLS)
    rows: set[int] = set()
    differences: list[Difference] = []
    aside: list[SetAside] = []
    try:
        register_claims(connection, lake, release, {one.entity for one in columns})
        connection.register("stated", stated)
        for one in columns:
            place = names.index(one.column.name) + 1 if one.column.name in names else 0
            judged = _judged(connection, one, cells)
            rows.update(judged["_row_number"])
            for number, line, sheet, agency, reason in _told(judged):
                if agency:
                    differences.append(Difference(number, line, sheet, one.column.name, place, agency))
                elif reason:
                    aside.append(SetAside(number, line, sheet, one.column.name, place, reason))
            cells.add(one.entity, one.attribute, judged.filter(pl.col("agency").is_not_null()))
    finally:
        connection.close()
    return Comparison(
        len(rows), tuple(columns), tuple(sorted(differences, key=_place)), tuple(sorted(aside, key=_place))
    )


def _claim(column: Column) -> tuple[str, str]:
    entity, _, attribute = (column.base or "").partition(".")
    return entity, attribute


def _names_subjects(resource: Resource, entity: str) -> bool:
    """Tell whether the rows of a resource say which subject they are of."""
    said = {attribute for one, attribute in map(_claim, resource.columns) if one == entity}
    return said.issuperset(ENTITIES[entity].identifier)


def _others(
    release: Release, resource: Resource, entity: str, attribute: str, day: dt.date
) -> Iterator[tuple[str, str]]:
    for other in contributors(release, entity):
        if other.agency == resource.agency or not _names_subjects(other, entity):
            continue
        for column in other.columns:
            is_shared = other.share_type(column) != "none"
            if _claim(column) == (entity, attribute) and (
                is_shared or _is_registered(release, entity, attribute, {resource.id, other.id}, day)
            ):
                yield other.id, column.name


def _is_registered(release: Release, entity: str, attribute: str, two: set[str], day: dt.date) -> bool:
    """Tell whether the source register compares two resources in an attribute."""
    return any(
        attribute in entry.attribute
        and two <= {entry.source, *entry.compare}
        and entry.source in two
        and entry.valid.contains(day)
        for register in release.catalogue.registers.values()
        if register.entity == entity
        for entry in register.entries
    )


def _stated(
    path: Path, resource: Resource, columns: list[ComparedColumn], key: bytes
) -> tuple[list[str], pl.DataFrame]:
    """Return the names of the file's columns, and what is compared of each row as ``standard`` would hold it."""
    decoded = decode_file(path, resource)
    names = raw_names(decoded.header, resource)
    keys = {f"_{one.entity}_key": None for one in columns}
    kept = ["_row_number", "_line", "_sheet", *keys, *(one.column.name for one in columns)]
    frames = []
    try:
        for block in decoded.blocks:
            frame = pl.from_arrow(conform(as_raw(block, decoded, names), resource, key).select(kept))
            assert isinstance(frame, pl.DataFrame)
            frames.append(frame)
    except BaseException as error:
        raise not_decodable(path.name, error) from None
    if not frames:
        return names, pl.DataFrame(schema=dict.fromkeys(kept, pl.String))
    return names, pl.concat(frames)


def _judged(connection: duckdb.DuckDBPyConnection, one: ComparedColumn, cells: ComparedCells) -> pl.DataFrame:
    """Return every cell that may be compared, with the agency it differs from or why it is set aside.

    A closed cell is set aside whether or not it would agree now: else its silence would be an answer.
    """
    kind = ENTITIES[one.entity].attribute(one.attribute).type
    own = f'trim(cast(try_cast("{one.column.name}" as {SQL_TYPES[kind]}) as varchar))'
    sources = ", ".join(f"'{resource}'" for resource, _ in one.others)
    connection.register("closed", cells.closed(one.entity, one.attribute))
    with engine_errors(f"{one.entity}.{one.attribute}"):
        return connection.execute(
            f"with own as (select _row_number, _line, _sheet, _{one.entity}_key as subject_key, {own} as value "
            f"from stated where _{one.entity}_key is not null and {own} is not null), "
            "judged as (select *, case when subject_key in (select subject_key from closed) "
            f"then '{CLOSED}' when subject_key in (select subject_key from own group by 1 "
            f"having count(distinct value) > 1) then '{SEVERAL_VALUES}' end as reason from own), "
            "theirs as (select _agency_id as agency, _subject_key as subject_key, "
            f"list(distinct trim(cast({one.attribute} as varchar))) as said from {claims_table(one.entity)} "
            f"where _resource_id in ({sources}) and {one.attribute} is not null "
            "and _subject_key in (select subject_key from judged where reason is null) group by 1, 2) "
            "select j._row_number, j._line, j._sheet, j.subject_key, j.value, j.reason, t.agency "
            "from judged j left join theirs t on t.subject_key = j.subject_key and j.reason is null "
            "and not list_contains(t.said, j.value) order by 1, 7"
        ).pl()


def _told(judged: pl.DataFrame) -> Iterator[tuple[int, int, str, str | None, str | None]]:
    yield from judged.select("_row_number", "_line", "_sheet", "agency", "reason").iter_rows()


def _place(cell: Difference | SetAside) -> tuple[int, int]:
    return cell.row_number, cell.place
