"""Explain one subject: per attribute whose value stands in the base, whose lost to it, who decided that.

Here: winner, comparisons, the register's decision, what is provisional, what is under verification. Not
here: making the choice (dbt models make it; this reads it back from the row they wrote), nor the path of a
row through the tables (``trace.py``). Implements 可信溯源 (Yancheng a16¶1).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework.state import State
from lake import Lake
from reporting.places import Place, RowId, places_of
from reporting.queries import from_clause, quoted, rows
from reporting.register_entries import (
    ROLE_LABELS,
    Decision,
    Role,
    both,
    decision_of,
    entry_for,
    role_of,
)
from reporting.row_tasks import RowTask, open_tasks_on
from reporting.subject_claims import SubjectRow, attribute_columns, subject_rows
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import Attribute, Entity
from resource_catalogue.errors import NotFoundError
from resource_catalogue.identifiers import entity_named, subject_key
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.source_register import RegisterEntry
from resource_catalogue.words import base_table

_STANDS = Label(zh="采用", en="stands")
_PROVISIONAL = Label(zh="暂用", en="stands provisionally")
_AGREES = Label(zh="一致", en="agrees")
_DIFFERS = Label(zh="不一致，未采用", en="differs, does not stand")
_REPLACED = Label(zh="已被同源新数据取代", en="replaced by a newer row of its resource")
_ALONE = Label(zh="未采用", en="does not stand")
_UNDECIDED = Label(
    zh="数源清单未登记此属性", en="the source register has no entry for this attribute of the subject"
)
_NOT_NAMED = Label(
    zh="此资源不是本属性的数源或比对方",
    en="the register names this resource neither source nor comparer here",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold what one row says of an attribute.

    Attributes:
        value: Null where there is none, or where it is withheld.
        is_withheld: The value is personal and was not asked for.
        agrees: Whether it equals the surviving value; null where one of the two is missing.
        fault: Why the value was refused, where it was.
        is_latest: False where the same resource says something newer.
        place: Null where its delivery is no longer on record.
    """

    role: Role
    value: str | None = field(repr=False)
    is_withheld: bool
    agrees: bool | None
    fault: str | None
    is_latest: bool
    place: Place | None

    @property
    def shown(self) -> str:
        """Return the value, or why there is none to show."""
        if self.is_withheld:
            return "（个人信息 / personal）"
        return self.value if self.value is not None else f"（{self.fault or '—'}）"

    @property
    def standing(self) -> Label:
        """Return how a statement that did not win stands to the one that did."""
        if not self.is_latest:
            return _REPLACED
        return {True: _AGREES, False: _DIFFERS, None: _ALONE}[self.agrees]


@dataclass(frozen=True, slots=True)
class AttributeExplanation:
    """Explain one attribute.

    Attributes:
        winner: The surviving value and where it comes from; null where the base has none.
        losers: What others say of it, and older rows of the same source.
        decision: Register entry that decided; null where the register has none for the attribute.
        is_provisional: The source is silent and the register lets comparisons that agree stand in.
        under_verification: Open tasks on the attribute's columns.
    """

    name: str
    label: str
    winner: Statement | None
    losers: tuple[Statement, ...]
    decision: Decision | None
    is_provisional: bool
    under_verification: tuple[str, ...]

    @property
    def is_claimed(self) -> bool:
        """Tell whether anybody says anything of the attribute."""
        return self.winner is not None or bool(self.losers)

    def lines(self) -> list[tuple[str, str, str, str, str, str]]:
        """Return one line per statement, the winner's first: words, agency, file, sheet, line, rule."""
        said = [(self._stands, self.winner), *((loser.standing, loser) for loser in self.losers)]
        return [
            (
                f"{both(words)}: {statement.shown}",
                *_place_cells(statement.place),
                self._rule(statement.role),
            )
            for words, statement in said
            if statement is not None
        ]

    def _rule(self, role: Role) -> str:
        """Say what the register makes of a statement: its resource's part, the source, the document."""
        if self.decision is None:
            return both(_UNDECIDED)
        decided = f"{self.decision.source} ({self.decision.doc_no})"
        if role == "source":
            return f"{both(ROLE_LABELS[role])}: {decided}"
        words = _NOT_NAMED if role == "unregistered" else ROLE_LABELS[role]
        return f"{both(words)}; 数源 / source: {decided}"

    @property
    def _stands(self) -> Label:
        return _PROVISIONAL if self.is_provisional else _STANDS


@dataclass(frozen=True, slots=True)
class Explanation:
    """Explain one subject.

    Attributes:
        is_in_base: Whether the base database has the subject.
        attributes: All attributes of the entity, in their order.
        tasks: Open tasks on any row that speaks of the subject, whatever the column.
    """

    entity: str
    label: str
    subject_key: str
    is_in_base: bool
    attributes: tuple[AttributeExplanation, ...]
    tasks: tuple[RowTask, ...]


def explain(
    deployment: Deployment,
    lake: Lake,
    release: Release,
    entity: str,
    identifier: str,
    state: State | None = None,
    *,
    show_personal: bool = False,
) -> Explanation:
    """Explain one subject of a base database.

    Args:
        deployment: Its keys and day.
        lake: Tables of the run.
        release: Catalogue release with the source register.
        entity: Such as ``organisation`` or ``person``.
        identifier: Identifier as a person writes it (several parts separated by ``|``), or the subject key.
        state: Operational state, for open tasks; null leaves them out.
        show_personal: Whether to give personal values; else they are withheld and only compared.

    Raises:
        SettingError: There is no such entity, or the identifier is refused.
        NotFoundError: No row speaks of the subject.
    """
    shape = entity_named(entity)
    key = subject_key(deployment, entity, identifier)
    base = _base_row(lake, shape, key)
    spoken = subject_rows(lake, release, shape, key)
    if base is None and not spoken:
        raise NotFoundError(
            f"{shape.zh} / {entity}",
            "没有任何数据提到此主体 / no row speaks of this subject",
            "现有数据中的主体 / a subject of the current deliveries",
            "核对标识；新报送的数据先运行平台 / check it; run the platform on new deliveries first",
        )
    tasks = open_tasks_on(state, {row.row_key for row in spoken}) if state else []
    day = deployment.as_of.astimezone(deployment.settings.zone()).date()
    places = places_of(deployment, lake, {*(row.row_id for row in spoken), *_winning_rows(base, shape)})
    case = _Subject(release, shape, base or {}, spoken, places, tasks, day, show_personal)
    return Explanation(
        entity=shape.name,
        label=f"{shape.zh} / {shape.name.replace('_', ' ')}",
        subject_key=key,
        is_in_base=base is not None,
        attributes=tuple(case.explained(attribute) for attribute in shape.attributes),
        tasks=tuple(tasks),
    )


@dataclass(frozen=True, slots=True, repr=False)
class _Subject:
    """Hold all that is known of a subject while its attributes are explained."""

    release: Release
    entity: Entity
    base: Mapping[str, Any]
    spoken: Sequence[SubjectRow]
    places: Mapping[RowId, Place]
    tasks: Sequence[RowTask]
    day: dt.date
    show_personal: bool

    def explained(self, attribute: Attribute) -> AttributeExplanation:
        """Explain one attribute."""
        name = attribute.name
        entry = self._entry(name)
        winning = _winning_row(self.base, name)
        speaking = [row for row in self.spoken if row.values.get(name) is not None or name in row.faults]
        return AttributeExplanation(
            name=name,
            label=f"{attribute.zh} / {name.replace('_', ' ')}",
            winner=self._winner(attribute, entry, winning) if winning else None,
            losers=tuple(self._statement(attribute, entry, row) for row in speaking if row.row_id != winning),
            decision=decision_of(entry, self.release) if entry else None,
            is_provisional=bool(self.base.get(f"{name}__is_provisional")),
            under_verification=self._tasks_on(name),
        )

    def _entry(self, attribute: str) -> RegisterEntry | None:
        scopes = dict.fromkeys(row.scope for row in self.spoken)
        found = (entry_for(self.release, self.entity, attribute, scope, self.day) for scope in scopes)
        return next((entry for entry in found if entry), None)

    def _winner(self, attribute: Attribute, entry: RegisterEntry | None, row_id: RowId) -> Statement:
        """Describe the surviving value: from its own row where it still stands, else from the base alone."""
        standing = next((row for row in self.spoken if row.row_id == row_id), None)
        if standing is not None:
            return self._statement(attribute, entry, standing, self.base[attribute.name])
        place = self.places.get(row_id)
        withheld = self._is_withheld(attribute)
        value = None if withheld else _text(self.base[attribute.name])
        return Statement(
            role_of(entry, place.resource if place else ""), value, withheld, True, None, False, place
        )

    def _statement(
        self, attribute: Attribute, entry: RegisterEntry | None, row: SubjectRow, value: Any = None
    ) -> Statement:
        said = row.values.get(attribute.name) if value is None else value
        stands = self.base.get(attribute.name)
        withheld = said is not None and self._is_withheld(attribute)
        return Statement(
            role=role_of(entry, row.resource),
            value=None if withheld else _text(said),
            is_withheld=withheld,
            agrees=None if said is None or stands is None else said == stands,
            fault=row.faults.get(attribute.name),
            is_latest=row.is_latest,
            place=self.places.get(row.row_id),
        )

    def _is_withheld(self, attribute: Attribute) -> bool:
        """Tell whether values stay hidden: one row that calls the attribute personal hides what others say.

        Where no row of the resources that could tell is there, it counts as personal.
        """
        if self.show_personal or attribute.is_personal:
            return not self.show_personal
        columns = {
            r.id: attribute_columns(r, self.entity).get(attribute.name)
            for r in self.release.listed_resources()
        }
        telling = {resource for resource, column in columns.items() if column and column.sensitive_when}
        judged = [row for row in self.spoken if row.resource in telling]
        return bool(telling) and (not judged or any(attribute.name in row.sensitive for row in judged))

    def _tasks_on(self, attribute: str) -> tuple[str, ...]:
        found = []
        for task in self.tasks:
            column = attribute_columns(self.release.resource(task.resource), self.entity).get(attribute)
            if column is not None and task.column == column.name and task.id not in found:
                found.append(task.id)
        return tuple(found)


def _base_row(lake: Lake, entity: Entity, key: str) -> Mapping[str, Any] | None:
    table = base_table(entity.name)
    sql = f"select * from {from_clause(table)} where {quoted(f'{entity.name}_key')} = ?"
    found = rows(lake, sql, table, parameters=[key])
    return found[0] if found else None


def _winning_rows(base: Mapping[str, Any] | None, entity: Entity) -> set[RowId]:
    found = {_winning_row(base or {}, attribute.name) for attribute in entity.attributes}
    return {row for row in found if row}


def _winning_row(base: Mapping[str, Any], attribute: str) -> RowId | None:
    if base.get(attribute) is None or base.get(f"{attribute}__delivery_id") is None:
        return None
    return base[f"{attribute}__delivery_id"], base[f"{attribute}__row_number"]


def _place_cells(place: Place | None) -> tuple[str, str, str, str]:
    if place is None:
        return "", "", "", ""
    return place.agency, place.file_name, place.sheet, str(place.line or "")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
