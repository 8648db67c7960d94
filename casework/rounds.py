"""A task's rows in one round: how the evidence settles them, and when the round is over.

Here: the outcome of each row and what counts as settled. Not here: issuing tasks (``rectification.py``) and
what people answer (``acts.py``).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from casework.evidence import Evidence, Found, Place
from casework.models import Case, TaskRow
from casework.transitions import AnswerKind, AnswerState, Outcome

_REASONS = (AnswerKind.WITHDRAWN, AnswerKind.CORRECTED_ELSEWHERE)


def is_settled(row: TaskRow) -> bool:
    """Tell whether nothing more is due on a row.

    A withdrawn row needs the agency's reason; it is settled then, and never counts as corrected.
    """
    if row.outcome == Outcome.WITHDRAWN_BY_SOURCE:
        return row.answer in _REASONS and row.answer_state != AnswerState.RETURNED
    return row.outcome in (Outcome.CORRECTED, Outcome.CONFIRMED_RIGHT)


def awaits_decision(row: TaskRow) -> bool:
    """Tell whether the agency has answered on an unsettled row and the raising body has not decided."""
    return not is_settled(row) and row.answer_state == AnswerState.GIVEN


def place_of(row: TaskRow) -> Place:
    """Return where the row was last seen failing."""
    return Place(row.now_delivery_id, row.now_row_number, row.now_row_key)


def place_found(found: Found) -> Place:
    """Return where a finding stands."""
    return Place(found.delivery_id, found.row_number, found.row_key)


def is_exempt(evidence: Evidence, resource_id: str, row: TaskRow, found: Found) -> bool:
    """Tell whether a row confirmed right stays so: same version of the rule, and the row sent as it was."""
    if row.outcome != Outcome.CONFIRMED_RIGHT or row.rule_version != found.rule_version:
        return False
    return evidence.unchanged(resource_id, place_of(row), place_found(found))


def evaluate(case: Case, evidence: Evidence) -> dict[str, list[int]]:
    """Bring the outcome of each row of the current round up to date.

    Returns:
        Numbers of the rows whose outcome, or place of failing, changed, by outcome.
    """
    if not evidence.is_assessed(case.subject_id):
        return {}
    rows = case.current_rows
    failing, gone = _parted(rows, evidence)
    changed: dict[str, list[int]] = defaultdict(list)
    for row in failing:
        _still_failing(case, row, evidence.findings[row.now_finding_id], evidence, changed)
    taken = {row.now_finding_id for row in failing}
    present = evidence.present_keys(case.resource_id, {row.now_row_key for row in gone if row.now_row_key})
    for row in gone:
        _gone(case, row, evidence, present, taken, changed)
    return {outcome: sorted(numbers) for outcome, numbers in sorted(changed.items())}


def ranges(numbers: Iterable[int]) -> str:
    """Write row numbers shortly.

    >>> ranges([1, 2, 3, 7])
    '1-3,7'
    """
    ordered = sorted(numbers)
    starts = [ordered[0], *(b for a, b in pairwise(ordered) if b != a + 1)] if ordered else []
    ends = [*(a for a, b in pairwise(ordered) if b != a + 1), ordered[-1]] if ordered else []
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def _parted(rows: Sequence[TaskRow], evidence: Evidence) -> tuple[list[TaskRow], list[TaskRow]]:
    failing = [row for row in rows if row.now_finding_id in evidence.findings]
    return failing, [row for row in rows if row.now_finding_id not in evidence.findings]


def _still_failing(
    case: Case, row: TaskRow, found: Found, evidence: Evidence, changed: dict[str, list[int]]
) -> None:
    if is_exempt(evidence, case.resource_id, row, found):
        return
    unseen = row.outcome in (Outcome.OPEN, Outcome.STILL_FAILING) and place_of(row) == place_found(found)
    if unseen:
        return
    if row.outcome in (Outcome.CONFIRMED_RIGHT, Outcome.WITHDRAWN_BY_SOURCE):
        row.answer = row.answer_note = row.answer_state = None
    row.outcome = Outcome.STILL_FAILING
    row.now_finding_id, row.now_row_key = found.finding_id, found.row_key
    row.now_delivery_id, row.now_row_number = found.delivery_id, found.row_number
    changed[row.outcome].append(row.number)


def _gone(
    case: Case,
    row: TaskRow,
    evidence: Evidence,
    present: set[str],
    taken: set[str],
    changed: dict[str, list[int]],
) -> None:
    """Settle a row whose finding is gone: corrected, failing under another key, or withdrawn.

    A row that was put in its place and fails the same rule goes on in the same task: a broken key must not
    win the agency a new limit.
    """
    if row.outcome in (Outcome.CORRECTED, Outcome.CONFIRMED_RIGHT):
        return
    outcome = Outcome.CORRECTED
    if row.now_row_key and row.now_row_key not in present:
        later = evidence.replacement(case.resource_id, place_of(row))
        if later is None:
            outcome = Outcome.WITHDRAWN_BY_SOURCE
        else:
            again = evidence.findings_at(case.subject_id, row.column, later)
            free = [finding_id for finding_id in again if finding_id not in taken]
            if free:
                taken.add(free[0])
                _still_failing(case, row, evidence.findings[free[0]], evidence, changed)
                return
    if row.outcome != outcome:
        row.outcome = outcome
        changed[outcome].append(row.number)
