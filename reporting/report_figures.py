"""All that the report page of a run shows, gathered from the tables of the rooms.

Here: head, figures, deliveries, bases, tasks, opened datasets as plain values. Not here: findings
(``findings_figures.py``), laying out (``page.py``). No table with values of persons is read but to count
its rows.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from casework.state import State
from casework.tasks import Task, list_tasks, overdue
from casework.transitions import DUE_LABELS, OPEN_STATES, STATE_LABELS, CaseState
from ingestion.deliveries import current_slices, deliveries_of
from lake import Lake
from lake.tables import OPENED
from opening.manifest import read_manifest
from reporting.delivery_words import delivery_reason
from reporting.digitisation import PaperLine, paper_lines
from reporting.findings_figures import FindingsFigures, findings_figures
from reporting.freshness import FreshnessLine, freshness
from reporting.places import file_below_home
from reporting.queries import Row, rows
from reporting.replaced import ReplacedLine, replaced_resources
from reporting.restated import Restated, restated
from reporting.rule_texts import rule_texts
from reporting.status import opened_files
from reporting.words import DELIVERY_STATES, PROFILE_STATUS
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import ENTITIES
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.words import base_table

_WAITING = {
    "agency": Label(zh="待数源机构处理", en="waits for the source agency"),
    "raising_body": Label(zh="待下发机构核定", en="waits for the raising body"),
    "nobody": Label(zh="—", en="—"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """Say what the report is about.

    Attributes:
        status: State of the text on the day of ``as_of``; ``is_in_force`` whether it binds.
        as_of: Instant of the run, in the deployment's time zone.
    """

    deployment: Label
    as_of: dt.datetime
    release: int
    published_on: dt.date
    registered_by: str
    reviewed_by: str
    profile: str
    jurisdiction: Label
    regulation: Label
    doc_no: str
    status: Label
    is_in_force: bool
    effective: dt.date | None
    expires: dt.date | None


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """Describe one delivery; ``is_current`` where its rows count now."""

    agency: Label
    resource: Label
    slice: str
    file: str
    id: str
    arrived_on: dt.date
    received: int
    loaded: int
    rejected: int
    state: str
    state_label: Label
    is_current: bool
    reason: Label | None


@dataclass(frozen=True, slots=True)
class RestatedLine:
    """Say how far a delivery differs from an earlier one about the past: rows, and rows per column."""

    agency: Label
    resource: Label
    restated: Restated
    columns: tuple[tuple[Label, int], ...]


@dataclass(frozen=True, slots=True)
class BaseLine:
    """Count the subjects of one base-database table; null where it is not built."""

    database: Label
    entity: Label
    article: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """Describe one rectification task with its limit and what the limit rests on."""

    task: Task
    agency: Label
    resource: Label
    rule: Label
    state: Label
    due: Label
    waiting: Label
    is_overdue: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class OpenedLine:
    """Describe one dataset: what lies open, masked how, to be credited how, or why it was refused.

    Attributes:
        k: Smallest published cell; null where the dataset has no cells.
        k_asked: Smallest cell allowed.
        masks: Masked columns and what the mask does.
        attribution: What a product must say; null where the text asks for nothing.
    """

    title: Label
    agency: Label
    open_type: Label
    rows: int
    k: int | None
    k_asked: int | None
    masks: tuple[tuple[Label, Label], ...]
    attribution: Label | None
    attribution_article: str
    files: tuple[str, ...]
    opened_on: dt.date | None
    is_refused: bool
    is_withdrawn: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the whole report."""

    head: Head
    deliveries: tuple[DeliveryLine, ...]
    restated: tuple[RestatedLine, ...]
    bases: tuple[BaseLine, ...]
    findings: FindingsFigures
    tasks: tuple[TaskLine, ...]
    opened: tuple[OpenedLine, ...]
    freshness: tuple[FreshnessLine, ...]
    replaced: tuple[ReplacedLine, ...]
    on_paper: tuple[PaperLine, ...]
    agencies: dict[str, Label]
    resources: dict[str, Label]


def gather(deployment: Deployment, lake: Lake, state: State, release: Release, as_of: dt.datetime) -> Report:
    """Gather the report of a run."""
    local = as_of.astimezone(deployment.settings.zone())
    findings = findings_figures(lake, release)
    known = {*release.catalogue.agencies, *findings.agencies}
    return Report(
        head=_head(deployment, release, local),
        deliveries=tuple(_deliveries(deployment, lake, release)),
        restated=tuple(_restated(lake, release)),
        bases=tuple(_bases(deployment, lake, release)),
        findings=findings,
        tasks=tuple(_tasks(state, release, as_of)),
        opened=tuple(_opened(deployment, lake, release)),
        freshness=tuple(freshness(lake, release, local)),
        replaced=tuple(replaced_resources(lake, release, local, state)),
        on_paper=tuple(paper_lines(release, local.date())),
        agencies={agency: _short_name(release, agency) for agency in sorted(known)},
        resources={key: resource.name for key, resource in release.catalogue.resources.items()},
    )


def _head(deployment: Deployment, release: Release, local: dt.datetime) -> Head:
    profile = release.profile
    status = profile.status_on(local.date())
    return Head(
        deployment=deployment.settings.deployment.name,
        as_of=local,
        release=release.number,
        published_on=release.published_at.astimezone(local.tzinfo).date(),
        registered_by=release.registered_by,
        reviewed_by=release.reviewed_by,
        profile=profile.reference,
        jurisdiction=profile.name,
        regulation=profile.regulation.title,
        doc_no=profile.regulation.doc_no or "",
        status=PROFILE_STATUS[status],
        is_in_force=status == "in_force",
        effective=profile.regulation.effective,
        expires=profile.regulation.expires,
    )


def _deliveries(deployment: Deployment, lake: Lake, release: Release) -> Iterator[DeliveryLine]:
    known = deliveries_of(lake)
    current: set[str] = set()
    for resource in release.listed_resources():
        mine = known.filter(known["resource_id"] == resource.id)
        current.update(current_slices(mine, resource)["delivery_id"])
    for row in known.to_dicts():
        yield DeliveryLine(
            agency=_short_name(release, row["agency_id"]),
            resource=_resource_name(release, row["resource_id"]),
            slice=row["slice"],
            file=file_below_home(deployment, row["file_name"]),
            id=row["delivery_id"],
            arrived_on=row["arrived_at"].astimezone(deployment.settings.zone()).date(),
            received=row["rows_received"],
            loaded=row["rows_loaded"],
            rejected=row["rows_rejected"],
            state=row["state"],
            state_label=DELIVERY_STATES[row["state"]],
            is_current=row["delivery_id"] in current,
            reason=delivery_reason(row["reason"] or ""),
        )


def _restated(lake: Lake, release: Release) -> Iterator[RestatedLine]:
    for one in restated(lake):
        resource = release.catalogue.resources.get(one.resource_id)
        labels = (
            {column.name: Label(zh=column.zh, en=column.en) for column in resource.columns}
            if resource
            else {}
        )
        yield RestatedLine(
            agency=_short_name(release, one.agency_id),
            resource=_resource_name(release, one.resource_id),
            restated=one,
            columns=tuple(
                (labels.get(name, Label(zh=name, en=name)), rows) for name, rows in one.columns.items()
            ),
        )


def _bases(deployment: Deployment, lake: Lake, release: Release) -> Iterator[BaseLine]:
    """Yield the bases that the text demands and those that the deployment builds beyond it."""
    demanded = release.profile.base_databases
    for entity in ENTITIES.values():
        table, named = base_table(entity.name), demanded.get(entity.database)
        if named is None and entity.database not in deployment.settings.bases.also:
            continue
        label = Label(zh=entity.zh, en=entity.name.replace("_", " "))
        database = Label(zh=named.zh, en=named.en) if named else label
        count = lake.row_count(table) if lake.exists(table) else None
        yield BaseLine(database, label, named.art if named else "", count)


def _tasks(state: State, release: Release, as_of: dt.datetime) -> Iterator[TaskLine]:
    late = {task.id for task in overdue(state, as_of)}
    texts = {
        rule: text for key in release.catalogue.resources for rule, text in rule_texts(release, key).items()
    }
    for task in list_tasks(state):
        yield TaskLine(
            task=task,
            agency=_short_name(release, task.agency),
            resource=_resource_name(release, task.resource),
            rule=texts.get(task.rule) or Label(zh=task.rule, en=task.rule),
            state=STATE_LABELS[CaseState(task.state)],
            due=DUE_LABELS[task.due_basis],
            waiting=_WAITING[task.waiting_for],
            is_overdue=task.id in late,
            is_open=task.state in OPEN_STATES,
        )


def _opened(deployment: Deployment, lake: Lake, release: Release) -> Iterator[OpenedLine]:
    for row in rows(lake, f"select * from {OPENED} order by dataset", OPENED):
        manifest = read_manifest(deployment.var / "open" / row["dataset"]) or {}
        yield _opened_line(deployment, release, row, manifest)


def _opened_line(deployment: Deployment, release: Release, row: Row, manifest: dict[str, Any]) -> OpenedLine:
    """Describe a dataset by its record and by the manifest it was published with."""
    dataset = release.catalogue.datasets.get(row["dataset"])
    named = Label(zh=row["dataset"], en=row["dataset"])
    credit = manifest.get("attribution")
    opened_at: dt.datetime | None = row["opened_at"]
    return OpenedLine(
        title=dataset.title if dataset else named,
        agency=_short_name(release, dataset.agency) if dataset else Label(zh="—", en="—"),
        open_type=getattr(release.profile.open_types, row["open_type"]) or named,
        rows=row["rows"],
        k=row["k"],
        k_asked=manifest.get("minimum_cell", {}).get("k_asked") if row["k"] is not None else None,
        masks=tuple(
            (_label(column), _label(column["mask"]))
            for column in manifest.get("columns", ())
            if "mask" in column
        ),
        attribution=_label(credit) if credit else None,
        attribution_article=credit["article"] if credit else "",
        files=tuple(opened_files(deployment, row["dataset"], row["files"])),
        opened_on=opened_at.astimezone(deployment.settings.zone()).date() if opened_at else None,
        is_refused=row["state"] not in ("opened", "withdrawn"),
        is_withdrawn=row["state"] == "withdrawn",
        reason=row["reason"] or "",
    )


def _label(words: dict[str, Any]) -> Label:
    return Label(zh=words["zh"], en=words.get("en") or "")


def _short_name(release: Release, agency_id: str) -> Label:
    agency = release.catalogue.agencies.get(agency_id)
    return agency.short_name if agency else Label(zh=agency_id, en=agency_id)


def _resource_name(release: Release, resource_id: str) -> Label:
    resource = release.catalogue.resources.get(resource_id)
    return resource.name if resource else Label(zh=resource_id, en=resource_id)
