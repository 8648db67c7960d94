"""The desk behind the portal's forms: from a page over a case to the answer, without a lake and without the content."""

import asyncio
import datetime as dt
import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from portal_city import NOW, REPAIRS, write_city
from portal_desk import MemoryRecorder
from starlette.testclient import TestClient

from casework.form_answers import list_forms, show_form
from casework.limits import Limits
from casework.portal_forms import LONGEST_CONTACT, LONGEST_TEXT
from casework.state import State, open_state
from resource_catalogue.profile import load_profile
from resource_catalogue.settings import TargetSettings
from serving.desk import PortalDesk, PublishedFacts
from serving.portal import PortalSettings, forms, portal_app
from serving.portal.ports import CaseState, Desk, DeskRefusal

BODIES = {"authority": "bureau", "operator": "centre"}
PHONE = "13800138000"
TEXT = f"第三行的名称有误，请核实。联系 {PHONE}"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(f"sqlite:///{tmp_path / 'casework.sqlite'}")
    yield opened
    opened.close()


@dataclass
class Hall:
    """Hold a public catalogue and its folder, the desk over them, and its profile."""

    folder: Path
    state: State
    profile: str = "weihai"

    def publish(self, **changes: object) -> None:
        terms = write_city(self.folder)["terms"]
        terms["profile"] = load_profile(self.profile).reference
        write_city(self.folder, **({"terms": terms, "bodies": BODIES} | changes))

    def desk(self, limits: Limits | None = None) -> Desk:
        return PortalDesk(self.state, PublishedFacts(self.folder, load_profile(self.profile)), limits)

    def submit(self, text: str = TEXT, dataset: str | None = REPAIRS, contact: str = PHONE) -> str:
        kind = "correction" if dataset else "demand"
        return asyncio.run(self.desk().submit(kind, dataset, text, contact, NOW))  # type: ignore[arg-type]

    def told(self, receipt: str) -> CaseState:
        found = asyncio.run(self.desk().state(receipt))
        assert found is not None
        return found

    def refused(self, **sent: str) -> DeskRefusal:
        with pytest.raises(DeskRefusal) as refused:
            self.submit(**sent)
        return refused.value


@pytest.fixture
def hall(tmp_path: Path, state: State) -> Hall:
    made = Hall(tmp_path / "open", state)
    made.publish()
    return made


def test_a_form_goes_to_the_agency_of_the_dataset_and_its_day_to_the_sender(hall: Hall) -> None:
    receipt = hall.submit()
    (case,) = list_forms(hall.state)
    assert (case.agency, case.raised_by, case.release) == ("transport", "bureau", 3)
    found = hall.told(receipt)
    assert (found.receipt, found.kind, found.dataset) == (receipt, "correction", REPAIRS)
    assert (found.due_on, found.is_closed, found.submitted_at) == (dt.date(2026, 4, 9), False, NOW)
    assert found.state.zh == "已转交"
    assert found.answer is None
    assert len(found.steps) == 2
    assert PHONE not in repr(found)


def test_a_demand_about_no_dataset_goes_to_the_authority(hall: Hall) -> None:
    hall.submit(dataset=None)
    assert list_forms(hall.state)[0].agency == "bureau"


def test_the_operator_takes_forms_where_no_authority_is_named(hall: Hall) -> None:
    hall.publish(bodies=BODIES | {"authority": None})
    hall.submit(dataset=None)
    assert list_forms(hall.state)[0].agency == "centre"


def test_the_desk_counts_with_the_promises_of_the_deployment(tmp_path: Path, state: State) -> None:
    hall = Hall(tmp_path / "open", state, "yancheng")
    hall.publish()
    desk = hall.desk(Limits(targets=TargetSettings(promptly_working_days=2)))
    receipt = asyncio.run(desk.submit("correction", REPAIRS, TEXT, "", NOW))
    # Yancheng a28 asks the provider for 立即, which is no 及时: nothing is promised.
    assert hall.told(receipt).due_on is None
    assert "没有按天数计的期限" in hall.told(receipt).steps[1].text.zh


@pytest.mark.parametrize(
    ("sent", "zh", "en"),
    [
        ({"text": " "}, "请填写内容", "Write what it is about"),
        ({"text": PHONE + "字" * LONGEST_TEXT}, "2000", "at most 2000"),
        ({"contact": PHONE + "1" * LONGEST_CONTACT}, "120", "at most 120"),
        ({"dataset": "nothing"}, "没有此数据集", "no such dataset"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_both_languages(
    hall: Hall, sent: dict[str, str], zh: str, en: str
) -> None:
    refusal = hall.refused(**sent)
    assert zh in refusal.text.zh
    assert en in refusal.text.en
    assert PHONE not in str(refusal)
    assert list_forms(hall.state) == []


def test_whatever_the_portal_takes_the_desk_takes() -> None:
    assert forms.LONGEST_TEXT <= LONGEST_TEXT
    assert forms.LONGEST_CONTACT <= LONGEST_CONTACT


@pytest.mark.parametrize(
    "changes",
    [{"bodies": None}, {"bodies": {"authority": None, "operator": None}}, {"terms": {"profile": "putuo@1"}}],
)
def test_a_catalogue_that_names_nobody_who_acts_takes_no_form(hall: Hall, changes: dict[str, object]) -> None:
    hall.publish(**changes)
    assert "尚未准备好" in hall.refused().text.zh


def test_before_the_first_run_no_form_is_taken(tmp_path: Path, state: State) -> None:
    assert "cannot take forms yet" in Hall(tmp_path / "nothing", state).refused().text.en


def test_an_unknown_receipt_leads_nowhere_and_a_known_one_however_it_is_typed(hall: Hall) -> None:
    receipt = hall.submit()
    assert asyncio.run(hall.desk().state("K" + "0" * 16)) is None
    assert asyncio.run(hall.desk().state(list_forms(hall.state)[0].id)) is None
    typed = f"{receipt[:5]}-{receipt[5:]}".lower()
    assert hall.told(typed).receipt == receipt


def test_forms_sent_at_once_all_become_cases(hall: Hall) -> None:
    async def many() -> list[str]:
        desk = hall.desk()
        return list(await asyncio.gather(*(desk.submit("demand", None, TEXT, "", NOW) for _ in range(8))))

    assert len(set(asyncio.run(many()))) == 8
    assert len({case.id for case in list_forms(hall.state)}) == 8


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_form_on_the_page_becomes_a_case_and_its_receipt_page_tells_the_state(
    hall: Hall, prefix: str
) -> None:
    recorder = MemoryRecorder()
    app = portal_app(hall.folder, recorder, hall.desk(), lambda: NOW, PortalSettings(secret=b"k" * 32))
    with TestClient(app) as client:
        page = client.get(f"{prefix}/dataset/{REPAIRS}/correct")
        assert page.status_code == 200, page.text
        token = re.search(r'name="token" value="([^"]+)"', page.text)
        assert token is not None
        sent = {"token": html.unescape(token[1]), "text": TEXT, "contact": PHONE}
        answer = client.post(f"{prefix}/dataset/{REPAIRS}/correct", data=sent)
    assert answer.status_code == 200
    assert "/receipt/K" in str(answer.url)
    assert "2026-04-09" in answer.text
    assert "weihai@" in answer.text
    assert PHONE not in answer.text
    (case,) = list_forms(hall.state)
    assert case.kind == "open_objection"
    assert PHONE not in repr(show_form(hall.state, case.id))
    assert PHONE not in repr(recorder.written)


def test_what_the_desk_takes_from_casework_opens_no_lake() -> None:
    script = (
        "import json, sys, casework.portal_forms, casework.form_procedure, opening.catalogue_shape; "
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] in ('lake', 'deltalake', 'masking')]))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []
