"""Rectification (整改): findings become tasks, deliveries settle their rows, settled tasks close.

Here: one reconciliation of open tasks with the findings of the lake. Not here: finding faults
(``expectations/``), outcomes of single rows (``rounds.py``), acts of people (``acts.py``). Implements the
procedure ``rectification`` of the profile, such as Yancheng a16¶2.

A task freezes its rows when it is issued: a row that fails later opens the next task of the same agency,
resource and rule, with ``follows``. A fault that comes back reopens its closed task for that row only, with a
clock of its own.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casework.evidence import Evidence, Found
from casework.ledger import Act, advance, by_platform
from casework.limits import Limits, Terms, clock_of, rectification_terms, set_due, start_clock
from casework.models import Case, Receipt, TaskRow
from casework.numbering import next_id, next_sequence
from casework.rounds import evaluate, is_exempt, is_settled, ranges
from casework.state import State
from casework.transitions import OPEN_STATES, CaseState, Outcome
from lake import Lake
from resource_catalogue.acting_bodies import bodies
from resource_catalogue.release import Release

KIND = "rectification"
Group = tuple[str, str, str]


@dataclass
class Reconciliation:
    """Report what a reconciliation did; all empty where there was nothing to do.

    Attributes:
        issued: New tasks.
        reopened: Closed tasks whose fault came back.
        closed: Tasks whose rows are all settled.
        recalculated: Tasks whose provisional date was counted again.
        rows: Rows by what happened to them: ``issued``, ``reopened``, or their new outcome.
        exempt: Findings that need no task, because the row was confirmed right.
    """

    issued: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    recalculated: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    exempt: int = 0

    @property
    def wrote(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.issued or self.reopened or self.closed or self.recalculated or self.rows)


def reconcile(
    state: State, lake: Lake, release: Release, as_of: dt.datetime, limits: Limits | None = None
) -> Reconciliation:
    """Bring tasks and findings together in one transaction; the same inputs a second time write nothing.

    ``as_of`` is the instant of issue, hence of receipt in the agency's inbox. ``limits`` defaults to the
    shipped calendar and no platform targets.

    Returns:
        What was done.

    Raises:
        CaseError: An act would lie before the last one of its case, or the profile's limit cannot be counted.
        CatalogueError: No agency has the role that raises tasks.
    """
    with state.write() as session:
        run = _Run(session, state, lake, release, as_of, limits or Limits())
        run.evaluate_open()
        run.issue_new()
    return run.done


def settle(session: Session, case: Case, at: dt.datetime) -> bool:
    """Verify and close a case whose rows are all settled; tell whether it was."""
    rows = case.current_rows
    if not rows or not all(is_settled(row) for row in rows):
        return False
    counts = {str(outcome): sum(row.outcome == outcome for row in rows) for outcome in Outcome}
    detail = {outcome: count for outcome, count in counts.items() if count}
    advance(session, case, Act("verify", by_platform(case), at, detail=detail))
    advance(session, case, Act("close", by_platform(case), at))
    return True


def raising_agency(release: Release, day: dt.date) -> str:
    """Return the body that raises tasks: of the roles the profile names, the first that a body of its tier has.

    Raises:
        CatalogueError: The profile names nobody who exists.
    """
    agencies = release.catalogue.agencies.values()
    known = {role for agency in agencies for role in agency.roles if bodies(release, role, day)}
    return bodies(release, release.profile.raiser(KIND, known), day)[0]


class _Run:
    """One reconciliation inside its transaction."""

    def __init__(
        self, session: Session, state: State, lake: Lake, release: Release, as_of: dt.datetime, limits: Limits
    ) -> None:
        self.session, self.release, self.as_of, self.limits = session, release, as_of, limits
        self.state, self.day = state, state.day(as_of)
        self.done = Reconciliation()
        self.open = list(session.scalars(_cases().where(Case.state.in_(OPEN_STATES))))
        self.evidence = Evidence(lake, {case.subject_id for case in self.open})

    def evaluate_open(self) -> None:
        """Recount provisional dates, evaluate rows, close what is settled."""
        for case in self.open:
            self._recalculate(case)
            changed = evaluate(case, self.evidence)
            if changed:
                detail = {outcome: ranges(numbers) for outcome, numbers in changed.items()}
                advance(self.session, case, self._act("evaluate", case, detail))
                for outcome, numbers in changed.items():
                    self.done.rows[str(outcome)] += len(numbers)
            if settle(self.session, case, self.as_of):
                self.done.closed.append(case.id)

    def issue_new(self) -> None:
        """Issue or reopen a task for every finding that no open task has."""
        taken = {row.now_finding_id for case in self.open for row in case.current_rows if self._holds(case)}
        groups: dict[Group, list[Found]] = defaultdict(list)
        for found in self.evidence.errors():
            if found.finding_id not in taken:
                groups[found.group].append(found)
        for group, founds in sorted(groups.items()):
            self._dispose(group, founds)

    def _holds(self, case: Case) -> bool:
        return case.state != CaseState.CLOSED

    def _recalculate(self, case: Case) -> None:
        clock = case.clock
        if clock is None or not clock.is_provisional or clock.calendar == self.limits.calendar.version:
            return
        before = clock.due_on
        set_due(clock, self.state.day(clock.started_at), self.limits)
        detail = {"due_on": str(clock.due_on), "before": str(before), "provisional": clock.is_provisional}
        advance(self.session, case, self._act("recalculate", case, detail))
        self.done.recalculated.append(case.id)

    def _dispose(self, group: Group, founds: list[Found]) -> None:
        """Part a group's findings: exempt, back in a closed task, or new."""
        earlier = self._earlier(group)
        history = {id_: (case, row) for case in earlier for row in case.rows for id_ in _identities(row)}
        back: dict[str, list[Found]] = defaultdict(list)
        new: list[Found] = []
        for found in founds:
            case, row = history.get(found.finding_id, (None, None))
            if row is not None and is_exempt(self.evidence, found.resource_id, row, found):
                self.done.exempt += 1
            elif case is not None and case.state == CaseState.CLOSED:
                back[case.id].append(found)
            else:
                new.append(found)
        for case in earlier:
            if case.id in back:
                self._reopen(case, back[case.id])
        if new:
            self._issue(group, new, earlier[-1].id if earlier else None)

    def _earlier(self, group: Group) -> list[Case]:
        agency, resource, rule = group
        return list(
            self.session.scalars(
                _cases().where(
                    Case.agency_id == agency, Case.resource_id == resource, Case.subject_id == rule
                )
            )
        )

    def _issue(self, group: Group, founds: list[Found], follows: str | None) -> None:
        case = Case(
            id=next_id(self.session, "R", self.day.year),
            sequence=next_sequence(self.session),
            kind=KIND,
            agency_id=group[0],
            raised_by=raising_agency(self.release, self.day),
            resource_id=group[1],
            subject_kind="rows",
            subject_id=group[2],
            profile=self.release.profile.reference,
            release=self.release.number,
            opened_at=self.as_of,
            state="",
            round=1,
            follows=follows,
        )
        case.rows = [_frozen(case, found, number) for number, found in enumerate(founds, start=1)]
        advance(self.session, case, self._act("draft", case, {"rows": len(founds), "follows": follows}))
        self._receive(case, rectification_terms(self.release.profile, self.limits.targets), "issue")
        self.done.issued.append(case.id)
        self.done.rows["issued"] += len(founds)

    def _reopen(self, case: Case, founds: list[Found]) -> None:
        clock = clock_of(case)
        case.round += 1
        first = len(case.rows) + 1
        case.rows.extend(_frozen(case, found, number) for number, found in enumerate(founds, start=first))
        self._receive(case, Terms.of_clock(clock), "reopen")
        self.done.reopened.append(case.id)
        self.done.rows["reopened"] += len(founds)

    def _receive(self, case: Case, terms: Terms, act: str) -> None:
        """Put the task into the agency's inbox, which starts the clock."""
        clock = start_clock(terms, case.id, case.round, self.as_of, self.day, self.limits)
        case.clocks.append(clock)
        case.receipts.append(
            Receipt(case_id=case.id, round=case.round, agency_id=case.agency_id, received_at=self.as_of)
        )
        detail = {
            "round": case.round,
            "rows": ranges(row.number for row in case.current_rows),
            "due_on": str(clock.due_on) if clock.due_on else None,
            "due_basis": clock.kind,
            "article": clock.article,
            "provisional": clock.is_provisional,
        }
        advance(self.session, case, self._act(act, case, detail))

    def _act(self, name: str, case: Case, detail: Mapping[str, object]) -> Act:
        return Act(name, by_platform(case), self.as_of, detail=detail)


def _cases() -> Select[tuple[Case]]:
    return select(Case).where(Case.kind == KIND).order_by(Case.sequence)


def _identities(row: TaskRow) -> tuple[str, str]:
    return (row.finding_id, row.now_finding_id)


def _frozen(case: Case, found: Found, number: int) -> TaskRow:
    return TaskRow(
        case_id=case.id,
        number=number,
        round=case.round,
        finding_id=found.finding_id,
        row_key=found.row_key,
        delivery_id=found.delivery_id,
        row_number=found.row_number,
        line=found.line,
        sheet=found.sheet,
        file_name=found.file_name,
        column=found.column,
        check=found.check,
        reason=found.reason,
        rule_version=found.rule_version,
        outcome=Outcome.OPEN,
        now_finding_id=found.finding_id,
        now_row_key=found.row_key,
        now_delivery_id=found.delivery_id,
        now_row_number=found.row_number,
    )
