"""The states of a form that the public sent, what may follow what, and the words of answers, as data.

Here: states and transitions with what a person sees. Not here: making a transition (``ledger.advance``), which
outcomes a regulation admits (profile), who exactly may act (``form_answers.py``).
"""

from enum import StrEnum

from casework.transition import UNOPENED, Party, step
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
_ANY = tuple(FormState)

DEMAND_OUTCOMES: dict[str, Label] = {
    "listed": Label(zh="列入开放", en="Listed for opening"),
    "declined": Label(zh="不予列入", en="Declined"),
}
"""What may be answered to a demand (Yinchuan a23: list it or give the reason)."""
SENT_BACK_LABEL = Label(zh="退回", en="Sent back")

PUBLIC_FORM = (
    step("submit", (UNOPENED,), FormState.RECEIVED, Party.PLATFORM, "收到", "Received"),
    step("pass_on", (FormState.RECEIVED,), FormState.PASSED_ON, Party.PLATFORM, "转交", "Passed on"),
    step("read", _ANY, None, Party.BODY_CONCERNED, "查阅内容", "Content read"),
    step("erase_contact", _ANY, None, Party.BODY_CONCERNED, "删除联系方式", "Contact erased"),
    step("accept", (FormState.PASSED_ON,), FormState.IN_WORK, Party.AGENCY, "受理", "Taken up"),
    step("recalculate", _WITH_BODY, None, Party.PLATFORM, "重算期限", "Recalculate the due date"),
    step("answer", _WITH_BODY, FormState.CLOSED, Party.AGENCY, "答复", "Answered"),
    step("send_back", _WITH_BODY, FormState.SENT_BACK, Party.AGENCY, "退回", "Sent back"),
)
PUBLIC_ACTS = frozenset({"submit", "pass_on", "accept", "answer", "send_back"})
"""Acts that the sender sees; who has read the form is for the ledger."""
