"""A desk and a record for the portal's tests, in memory; a whole portal over a made catalogue."""

import datetime as dt
import secrets
from dataclasses import dataclass, field

from resource_catalogue.access_words import Access
from resource_catalogue.model import Label
from serving.portal.ports import CaseState, CaseStep, DeskRefusal, FormKind


@dataclass
class MemoryDesk:
    """Keep forms in memory and move them on when a test says so."""

    cases: dict[str, CaseState] = field(default_factory=dict)
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def submit(
        self, kind: FormKind, dataset: str | None, text: str, contact: str, now: dt.datetime
    ) -> str:
        if "拒收" in text:
            raise DeskRefusal(Label(zh="不属于受理范围", en="not taken here"))
        receipt = f"K-{secrets.token_hex(8)}"
        received = Label(zh="已收到", en="Received")
        steps = (CaseStep(now, received),)
        due = now.date() + dt.timedelta(days=14)
        self.cases[receipt] = CaseState(receipt, kind, dataset, received, False, now, due, None, steps)
        self.texts[receipt] = (text, contact)
        return receipt

    async def state(self, receipt: str) -> CaseState | None:
        return self.cases.get(receipt)

    def answer(self, receipt: str, text: Label, now: dt.datetime) -> None:
        """Answer a case, as the agency would."""
        case, done = self.cases[receipt], Label(zh="已答复", en="Answered")
        steps = (*case.steps, CaseStep(now, done))
        self.cases[receipt] = CaseState(
            receipt, case.kind, case.dataset, done, True, case.submitted_at, case.due_on, text, steps
        )


@dataclass
class MemoryRecorder:
    """Keep accesses in memory; fail when a test says so."""

    written: list[Access] = field(default_factory=list)
    is_broken: bool = False

    async def write(self, access: Access) -> None:
        if self.is_broken:
            raise OSError("the disk is full")
        self.written.append(access)
