"""The states of a form that the public sent, what may follow what, and the words of answers, as data.

Here: states and transitions with what a person sees. Not here: making a transition (``ledger.advance``), which
outcomes a regulation admits (profile), who exactly may act (``form_answers.py``).
"""

from enum import StrEnum

from casework.transition import UNOPENED, Party, Transition
from resource_catalogue.model import Label


class FormState(StrEnum):
    """State of a form's case."""

    RECEIVED = "received"
    PASSED_ON = "passed_on"
    IN_WORK = "in_work"
    CLOSED = "closed"
    SENT_BACK = "sent_back"


FORM_STATES: dict[FormState, Label] = {
    FormState.RECEIVED: Label(zh="已收到", en="Received"),
    FormState.PASSED_ON: Label(zh="已转交", en="Passed on"),
    FormState.IN_WORK: Label(zh="办理中", en="In work"),
    FormState.CLOSED: Label(zh="已答复", en="Answered"),
    FormState.SENT_BACK: Label(zh="已退回", en="Sent back"),
}
OPEN_FORM_STATES = (FormState.RECEIVED, FormState.PASSED_ON, FormState.IN_WORK)
"""States in which a form still waits for its answer."""
ENDED_FORM_STATES = frozenset({FormState.CLOSED, FormState.SENT_BACK})
"""States in which nothing more happens."""
_WITH_BODY = (FormState.PASSED_ON, FormState.IN_WORK)

DEMAND_OUTCOMES: dict[str, Label] = {
    "listed": Label(zh="列入开放", en="Listed for opening"),
    "declined": Label(zh="不予列入", en="Declined"),
}
"""What may be answered to a demand (Yinchuan a23: list it or give the reason)."""
SENT_BACK_LABEL = Label(zh="退回", en="Sent back")

PUBLIC_FORM = (
    Transition("submit", (UNOPENED,), FormState.RECEIVED, Party.PLATFORM, Label(zh="收到", en="Received")),
    Transition(
        "pass_on",
        (FormState.RECEIVED,),
        FormState.PASSED_ON,
        Party.PLATFORM,
        Label(zh="转交", en="Passed on"),
    ),
    Transition(
        "read",
        (*OPEN_FORM_STATES, *sorted(ENDED_FORM_STATES)),
        None,
        Party.BODY_CONCERNED,
        Label(zh="查阅内容", en="Content read"),
    ),
    Transition(
        "erase_contact",
        (*OPEN_FORM_STATES, *sorted(ENDED_FORM_STATES)),
        None,
        Party.BODY_CONCERNED,
        Label(zh="删除联系方式", en="Contact erased"),
    ),
    Transition(
        "accept",
        (FormState.PASSED_ON,),
        FormState.IN_WORK,
        Party.AGENCY,
        Label(zh="受理", en="Taken up"),
    ),
    Transition(
        "recalculate", _WITH_BODY, None, Party.PLATFORM, Label(zh="重算期限", en="Recalculate the due date")
    ),
    Transition("answer", _WITH_BODY, FormState.CLOSED, Party.AGENCY, Label(zh="答复", en="Answered")),
    Transition("send_back", _WITH_BODY, FormState.SENT_BACK, Party.AGENCY, Label(zh="退回", en="Sent back")),
)
PUBLIC_ACTS = frozenset({"submit", "pass_on", "accept", "answer", "send_back"})
"""Acts that the sender sees; who has read the form is for the ledger."""
