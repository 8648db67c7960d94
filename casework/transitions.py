"""The states of a case, the words of its rows, and the table of what may follow what, as data.

Here: states, outcomes and answers with what a person sees, transitions and who may make them. Not here:
making them (``ledger.advance``), deciding when one is due (``rectification.py``), nor the states of recipients
and grants (``access_transitions.py``) and of forms (``form_transitions.py``).
"""

from collections.abc import Mapping
from enum import StrEnum

from casework.access_transitions import (
    ACCESS_STATES,
    CONSUMER_SUSPENSION,
    ENDED_STATES,
    RECIPIENT,
    SHARE_GRANT,
)
from casework.form_transitions import ENDED_FORM_STATES, FORM_STATES, PUBLIC_FORM
from casework.transition import UNOPENED, Party, Transition, step
from resource_catalogue.errors import CaseError
from resource_catalogue.model import Label


class CaseState(StrEnum):
    """State of a case (catalogue model, section 5)."""

    DRAFTED = "drafted"
    ISSUED = "issued"
    IN_WORK = "in_work"
    ANSWERED = "answered"
    VERIFIED = "verified"
    CLOSED = "closed"
    RETURNED = "returned"
    REOPENED = "reopened"


class Outcome(StrEnum):
    """What became of a task's row; ``open`` until a later delivery was seen."""

    OPEN = "open"
    STILL_FAILING = "still_failing"
    CORRECTED = "corrected"
    CONFIRMED_RIGHT = "confirmed_right"
    WITHDRAWN_BY_SOURCE = "withdrawn_by_source"


class AnswerKind(StrEnum):
    """What an agency may answer on a row."""

    CORRECTED_ELSEWHERE = "corrected_elsewhere"
    CONFIRMED_RIGHT = "confirmed_right"
    WITHDRAWN = "withdrawn"


class AnswerState(StrEnum):
    """What the raising body has said to an answer."""

    GIVEN = "given"
    ACCEPTED = "accepted"
    RETURNED = "returned"


STATE_LABELS: dict[CaseState, Label] = {
    CaseState.DRAFTED: Label(zh="待下发", en="Drafted"),
    CaseState.ISSUED: Label(zh="已下发", en="Issued"),
    CaseState.IN_WORK: Label(zh="整改中", en="In work"),
    CaseState.ANSWERED: Label(zh="已反馈", en="Answered"),
    CaseState.VERIFIED: Label(zh="核验通过", en="Verified"),
    CaseState.CLOSED: Label(zh="办结", en="Closed"),
    CaseState.RETURNED: Label(zh="退回", en="Returned"),
    CaseState.REOPENED: Label(zh="重新打开", en="Reopened"),
}
OUTCOME_LABELS: dict[Outcome, Label] = {
    Outcome.OPEN: Label(zh="待整改", en="Open"),
    Outcome.STILL_FAILING: Label(zh="仍不合格", en="Still failing"),
    Outcome.CORRECTED: Label(zh="已更正", en="Corrected"),
    Outcome.CONFIRMED_RIGHT: Label(zh="核实无误", en="Confirmed right"),
    Outcome.WITHDRAWN_BY_SOURCE: Label(zh="数源撤回", en="Withdrawn by the source"),
}
ANSWER_LABELS: dict[AnswerKind, Label] = {
    AnswerKind.CORRECTED_ELSEWHERE: Label(zh="已另行更正", en="Corrected elsewhere"),
    AnswerKind.CONFIRMED_RIGHT: Label(zh="核实无误", en="Confirmed right"),
    AnswerKind.WITHDRAWN: Label(zh="已撤回", en="Withdrawn"),
}
DUE_LABELS: dict[str, Label] = {
    "prescribed": Label(zh="规定时限", en="Prescribed limit"),
    "target": Label(zh="平台目标（文本未规定天数）", en="Platform target (the text gives no number)"),
    "none": Label(zh="无期限", en="No date"),
}
QUALITY_OFFICER = "quality_officer"
DATA_OFFICER = "data_officer"

_WITH_AGENCY = (CaseState.ISSUED, CaseState.IN_WORK, CaseState.RETURNED, CaseState.REOPENED)
_ANSWERED = (CaseState.ANSWERED,)
_UNDER_WAY = (*_WITH_AGENCY, CaseState.ANSWERED)
OPEN_STATES = (CaseState.DRAFTED, *_UNDER_WAY, CaseState.VERIFIED)
"""States in which a case still waits for something."""
FINAL_STATES = frozenset({str(CaseState.CLOSED), *ENDED_STATES, *ENDED_FORM_STATES})
"""States in which a case of any kind is over."""


RECTIFICATION = (
    step("draft", (UNOPENED,), CaseState.DRAFTED, Party.PLATFORM, "拟制", "Draft"),
    step("issue", (CaseState.DRAFTED,), CaseState.ISSUED, Party.PLATFORM, "下发", "Issue"),
    step(
        "acknowledge",
        (CaseState.ISSUED, CaseState.REOPENED, CaseState.RETURNED),
        CaseState.IN_WORK,
        Party.AGENCY,
        "签收",
        "Acknowledge",
    ),
    step("answer", _UNDER_WAY, CaseState.ANSWERED, Party.AGENCY, "反馈", "Answer"),
    step(
        "accept_answer",
        _ANSWERED,
        CaseState.IN_WORK,
        Party.RAISING_BODY,
        "认可反馈",
        "Accept the answer",
        QUALITY_OFFICER,
    ),
    step(
        "return_answer",
        _ANSWERED,
        CaseState.RETURNED,
        Party.RAISING_BODY,
        "退回反馈",
        "Return the answer",
        QUALITY_OFFICER,
    ),
    step("export", (*_UNDER_WAY, CaseState.CLOSED), None, Party.AGENCY, "导出清单", "Export the sheet"),
    step("evaluate", _UNDER_WAY, None, Party.PLATFORM, "复核数据", "Evaluate the data"),
    step("recalculate", _UNDER_WAY, None, Party.PLATFORM, "重算期限", "Recalculate the due date"),
    step("verify", _UNDER_WAY, CaseState.VERIFIED, Party.PLATFORM, "核验通过", "Verify"),
    step("close", (CaseState.VERIFIED,), CaseState.CLOSED, Party.PLATFORM, "办结", "Close"),
    step("reopen", (CaseState.CLOSED,), CaseState.REOPENED, Party.PLATFORM, "重新打开", "Reopen"),
)
DELIVERY_DECISION = (
    step("draft", (UNOPENED,), CaseState.DRAFTED, Party.PLATFORM, "登记", "Register"),
    step("accept", (CaseState.DRAFTED,), CaseState.CLOSED, Party.RAISING_BODY, "接受", "Accept"),
    step("reject", (CaseState.DRAFTED,), CaseState.CLOSED, Party.RAISING_BODY, "拒收", "Reject"),
)
TRANSITIONS: dict[str, dict[str, Transition]] = {
    "rectification": {transition.act: transition for transition in RECTIFICATION},
    "delivery_decision": {transition.act: transition for transition in DELIVERY_DECISION},
    "recipient": {transition.act: transition for transition in RECIPIENT},
    "share_grant": {transition.act: transition for transition in SHARE_GRANT},
    "consumer_suspension": {transition.act: transition for transition in CONSUMER_SUSPENSION},
    "open_objection": {transition.act: transition for transition in PUBLIC_FORM},
    "open_demand": {transition.act: transition for transition in PUBLIC_FORM},
}
_OF_CASES = {str(state): label for state, label in STATE_LABELS.items()}
_OF_ACCESS = {str(state): label for state, label in ACCESS_STATES.items()}
_OF_FORMS = {str(state): label for state, label in FORM_STATES.items()}
STATES: dict[str, Mapping[str, Label]] = {
    "rectification": _OF_CASES,
    "delivery_decision": _OF_CASES,
    "recipient": _OF_ACCESS,
    "share_grant": _OF_ACCESS,
    "consumer_suspension": _OF_ACCESS,
    "open_objection": _OF_FORMS,
    "open_demand": _OF_FORMS,
}
"""What a person sees of the states of each kind of case."""


def transition_for(kind: str, case_id: str, state: str, act: str) -> Transition:
    """Return the transition that an act is in a state.

    Raises:
        CaseError: The table does not admit the act in that state.
    """
    transition = TRANSITIONS[kind].get(act)
    if transition is None or state not in transition.from_states:
        raise _not_admitted(kind, case_id, state, act)
    return transition


def _not_admitted(kind: str, case_id: str, state: str, act: str) -> CaseError:
    transition, labels = TRANSITIONS[kind].get(act), STATES[kind]
    admitted = [t for t in TRANSITIONS[kind].values() if state in t.from_states and t.by != Party.PLATFORM]
    now = labels[state].zh if state in labels else "尚未登记"
    known = (
        " | ".join(f"{labels[one].zh} {one}" for one in transition.from_states if one) if transition else ""
    )
    remedy = "此状态可办理 / admitted now: " + ", ".join(f"{t.act} ({t.label.zh})" for t in admitted)
    return CaseError(
        case_id,
        f"{now}，不能{transition.label.zh if transition else '办理'} / {act} in state {state or 'none'}",
        known or "已知的办理动作 / a known act",
        remedy if admitted else "已了结，无须再办 / it is over: nothing is left to do",
    )
