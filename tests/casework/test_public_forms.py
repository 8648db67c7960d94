"""Forms of the public: who answers by when under each text, receipts, and that what was written stays where it is."""

import datetime as dt
import logging
from dataclasses import replace

import pytest
from casework_city import PLANTED, City, at, finding
from hypothesis import given
from hypothesis import strategies as st
from public_forms import CONTACT, DATASET, SECRET, facts, form
from sqlalchemy import text

from casework.actors import Actor
from casework.contact_erasure import erase_due_contacts, erase_form_contact
from casework.form_answers import (
    accept_form,
    answer_form,
    list_forms,
    read_form,
    send_back,
    show_form,
)
from casework.form_clocks import recount_forms
from casework.form_procedure import outcome_label
from casework.ledger import verify_ledger
from casework.limits import Limits
from casework.portal_forms import (
    LONGEST_CONTACT,
    LONGEST_TEXT,
    Form,
    FormRefused,
    SentForm,
    new_receipt,
    progress,
    receipt_hash,
    submit,
    usual_receipt,
)
from casework.rectification import reconcile
from casework.state import State, open_state
from casework.tasks import list_tasks
from norms.working_days import WorkingCalendar
from resource_catalogue.calendar import load_calendar
from resource_catalogue.errors import CaseError, NotPermitted
from resource_catalogue.settings import TargetSettings

DAY = at("2026-03-16")
MARKET = Actor("market", "data_officer")
BUREAU = Actor("data_bureau", "data_officer")
NUMBER = "F-2026-0001"


def sent(state: State, profile: str = "yancheng", **limits: int) -> str:
    """Send a correction; return its receipt."""
    return submit(state, facts(profile), form(), DAY, Limits(targets=TargetSettings(**limits)))


@pytest.mark.parametrize(
    ("profile", "kind", "dataset", "agency", "due_on", "basis", "article"),
    [
        ("weihai", "correction", DATASET, "market", "2026-03-30", "prescribed", "a25"),
        ("weihai", "demand", DATASET, "market", "2026-03-30", "prescribed", "a25"),
        ("weihai", "demand", None, "data_bureau", "2026-03-30", "prescribed", "a25"),
        # 立即 without a number.
        ("yancheng", "correction", DATASET, "market", None, "none", "a28¶1"),
        ("xinjiang", "correction", DATASET, "market", None, "none", "a30"),
        # 及时 from the decision, which is not made when the demand comes.
        ("yinchuan", "demand", DATASET, "market", None, "none", "a23"),
        ("yinchuan", "demand", None, "data_bureau", None, "none", "a23"),
        ("yancheng", "demand", DATASET, "data_bureau", None, "silent", None),
        ("yinchuan", "correction", DATASET, "market", None, "silent", None),
        ("putuo", "correction", DATASET, "market", None, "silent", None),
        ("putuo", "demand", None, "data_bureau", None, "silent", None),
    ],
)
@pytest.mark.requirement("P-16", "P-18", "D21")
def test_the_text_says_who_answers_and_by_when(
    state: State, profile: str, kind: Form, dataset: str | None, agency: str, due_on: str | None, basis: str,
    article: str | None,
) -> None:  # fmt: skip
    receipt = submit(state, facts(profile), form(kind, dataset), DAY)
    (case,) = list_forms(state)
    assert (case.agency, case.raised_by, case.due_basis) == (agency, "data_bureau", basis)
    assert case.due_on == (dt.date.fromisoformat(due_on) if due_on else None)
    assert case.kind == ("open_demand" if kind == "demand" else "open_objection")
    assert case.citation.endswith(f"({case.profile} {article})") if article else not case.citation
    found = progress(state, receipt)
    assert found is not None
    assert (found.form, found.dataset, found.due_on) == (kind, dataset, case.due_on)
    assert verify_ledger(state).intact


def test_where_the_text_is_silent_the_sender_is_told_so(state: State) -> None:
    found = progress(state, sent(state, "putuo"))
    assert found is not None
    assert found.due_on is None
    (_, received), (_, passed_on) = found.steps
    assert received.zh == "收到"
    assert "没有规定" in passed_on.zh
    assert "putuo@" in passed_on.zh
    assert "no date" in passed_on.en


def test_the_word_of_the_text_stands_where_it_has_no_number(state: State) -> None:
    found = progress(state, sent(state, "xinjiang"))
    assert found is not None
    assert "第三十条" in found.steps[1][1].zh
    assert "应当“立即”办理，没有按天数计的期限" in found.steps[1][1].zh


def test_a_prescribed_day_is_cited_to_the_sender(state: State) -> None:
    found = progress(state, sent(state, "weihai"))
    assert found is not None
    assert "规定时限" in found.steps[1][1].zh
    assert "第二十五条" in found.steps[1][1].zh
    assert "Prescribed limit: weihai@" in found.steps[1][1].en


@pytest.mark.parametrize("profile", ["yancheng", "xinjiang", "putuo"])
def test_days_promised_for_promptly_are_not_promised_for_at_once(state: State, profile: str) -> None:
    sent(state, profile, promptly_working_days=3, rectification_working_days=4)
    assert list_forms(state)[0].due_on is None


def test_days_promised_for_promptly_make_a_target_never_a_prescribed_day(state: State) -> None:
    text_ = facts("yinchuan").profile
    procedure = text_.cases["open_demand"]
    step = procedure.steps[0].model_copy(update={"starts": "submitted"})
    changed = procedure.model_copy(update={"steps": (step,)})
    profile = text_.model_copy(update={"cases": {**text_.cases, "open_demand": changed}})
    limits = Limits(targets=TargetSettings(promptly_working_days=3))
    submit(state, facts(profile=profile), form("demand", None), DAY, limits)
    (case,) = list_forms(state)
    assert (case.due_on, case.due_basis) == (dt.date(2026, 3, 19), "target")


def test_a_day_past_the_announced_calendar_is_told_as_provisional(state: State) -> None:
    found = progress(state, submit(state, facts("weihai"), form(), at("2026-12-28")))
    assert found is not None
    assert found.due_on == dt.date(2027, 1, 11)
    assert "暂定" in found.steps[1][1].zh


def test_a_provisional_day_is_counted_again_when_the_notice_is_loaded(state: State) -> None:
    submit(state, facts("weihai"), form(), at("2026-12-28"))
    known = load_calendar()
    holidays = {dt.date(2027, 1, 1): False, dt.date(2027, 1, 4): False}
    announced = Limits(WorkingCalendar("cn@2027.1", dt.date(2027, 12, 31), {**known.days, **holidays}))
    assert recount_forms(state, at("2026-12-29"), Limits()) == []
    assert recount_forms(state, at("2026-12-29"), announced) == [NUMBER]
    (case,) = list_forms(state)
    assert (case.due_on, case.is_provisional) == (dt.date(2027, 1, 13), False)
    assert recount_forms(state, at("2026-12-29"), announced) == []
    assert verify_ledger(state).intact


def test_a_database_of_the_version_before_gets_the_tables_and_keeps_its_ledger(
    any_url: str, city: City
) -> None:
    state = open_state(any_url)
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    with state.engine.begin() as connection:
        for table in ("account_sessions", "account_contacts", "accounts", "form_contents", "forms"):
            connection.execute(text(f"drop table {table}"))
        connection.execute(text("update alembic_version set version_num = 'v0002'"))
    state.close()
    upgraded = open_state(any_url)
    sent(upgraded)
    assert verify_ledger(upgraded).intact
    upgraded.close()


@pytest.mark.requirement("P-18")
def test_a_correction_is_taken_up_and_answered_and_the_sender_reads_it(any_state: State, city: City) -> None:
    receipt = sent(any_state)
    taken = accept_form(any_state, city.release, NUMBER, MARKET, at("2026-03-17"))
    assert taken.state == "in_work"
    done = answer_form(
        any_state, city.release, NUMBER, "keep_open", MARKET, "核实无误", at("2026-03-18"), "checked, right"
    )
    assert (done.state, done.outcome, done.closed_at) == ("closed", "keep_open", at("2026-03-18"))
    found = progress(any_state, receipt)
    assert found is not None
    assert found.answer is not None
    assert (found.is_closed, found.state.zh) == (True, "已答复")
    assert (found.answer.zh, found.answer.en) == ("继续开放：核实无误", "Keep open: checked, right")
    assert [label.zh for _, label in found.steps][2:] == ["受理", "答复"]
    assert verify_ledger(any_state).intact


def test_a_demand_is_listed_or_declined_with_a_reason(any_state: State, city: City) -> None:
    receipt = submit(any_state, facts(), form("demand", None), DAY)
    with pytest.raises(CaseError, match="no reason"):
        answer_form(any_state, city.release, NUMBER, "declined", BUREAU, " ", DAY)
    with pytest.raises(CaseError, match=r"listed \| declined"):
        answer_form(any_state, city.release, NUMBER, "keep_open", BUREAU, "理由", DAY)
    answer_form(any_state, city.release, NUMBER, "declined", BUREAU, "含商业秘密", DAY)
    found = progress(any_state, receipt)
    assert found is not None
    assert found.answer is not None
    assert found.answer.zh == "不予列入：含商业秘密"


@pytest.mark.parametrize(
    ("profile", "admitted"),
    [
        ("yancheng", ("withdraw", "process_then_open", "keep_open")),
        ("xinjiang", ("withdraw", "suspend", "process_then_open", "keep_open")),
        ("weihai", ("withdraw", "suspend", "process_then_open", "keep_open")),
        ("putuo", ("withdraw", "suspend", "process_then_open", "keep_open")),
    ],
)
@pytest.mark.requirement("P-18")
def test_the_outcomes_are_those_of_the_text(
    state: State, city: City, profile: str, admitted: tuple[str, ...]
) -> None:
    sent(state, profile)
    assert list_forms(state)[0].outcomes == admitted
    for outcome in {"withdraw", "suspend", "process_then_open", "keep_open"} - set(admitted):
        with pytest.raises(CaseError, match="outcome"):
            answer_form(state, city.release, NUMBER, outcome, MARKET, "理由", DAY)
    assert answer_form(state, city.release, NUMBER, "withdraw", MARKET, "理由", DAY).outcome == "withdraw"
    assert outcome_label("open_objection", "withdraw").zh == "撤回数据"


def test_a_form_that_cannot_be_handled_is_sent_back_with_the_reason(any_state: State, city: City) -> None:
    receipt = sent(any_state)
    done = send_back(any_state, city.release, NUMBER, MARKET, "未写明哪一条", DAY, "say which record")
    assert (done.state, done.outcome) == ("sent_back", None)
    found = progress(any_state, receipt)
    assert found is not None
    assert found.answer is not None
    assert found.is_closed
    assert found.answer.zh == "退回：未写明哪一条"
    with pytest.raises(CaseError, match="sent_back"):
        answer_form(any_state, city.release, NUMBER, "keep_open", MARKET, "理由", DAY)
    assert verify_ledger(any_state).intact


@pytest.mark.parametrize(
    "actor",
    [
        Actor("tax", "data_officer"),
        Actor("data_centre", "quality_officer"),
        Actor("market", "registrar"),
        Actor("nobody", "data_officer"),
    ],
)
def test_bodies_that_are_not_concerned_may_do_nothing(state: State, city: City, actor: Actor) -> None:
    sent(state)
    for attempt in (
        lambda: read_form(state, city.release, NUMBER, actor, DAY),
        lambda: accept_form(state, city.release, NUMBER, actor, DAY),
        lambda: answer_form(state, city.release, NUMBER, "keep_open", actor, "理由", DAY),
        lambda: send_back(state, city.release, NUMBER, actor, "理由", DAY),
    ):
        with pytest.raises(NotPermitted) as refused:
            attempt()
        assert PLANTED not in refused.value.message()
    assert [event.act for event in show_form(state, NUMBER)[1]] == ["submit", "pass_on"]


def test_the_authority_reads_but_does_not_answer_for_the_agency(state: State, city: City) -> None:
    sent(state)
    assert read_form(state, city.release, NUMBER, BUREAU, DAY).text == SECRET
    with pytest.raises(NotPermitted):
        answer_form(state, city.release, NUMBER, "keep_open", BUREAU, "理由", DAY)


def test_an_officer_without_a_say_takes_a_form_up_and_does_not_answer_it(state: State, city: City) -> None:
    sent(state)
    other = Actor("market", "quality_officer")
    assert accept_form(state, city.release, NUMBER, other, DAY).state == "in_work"
    with pytest.raises(NotPermitted):
        answer_form(state, city.release, NUMBER, "keep_open", other, "理由", DAY)


def test_reading_what_was_written_is_noted_and_the_sender_does_not_see_that(
    any_state: State, city: City
) -> None:
    receipt = sent(any_state)
    written = read_form(any_state, city.release, NUMBER, MARKET, DAY)
    assert (written.text, written.contact) == (SECRET, CONTACT)
    (_, events) = show_form(any_state, NUMBER)
    assert (events[-1].act, events[-1].agency, events[-1].post) == ("read", "market", "data_officer")
    found = progress(any_state, receipt)
    assert found is not None
    assert len(found.steps) == 2
    assert list_forms(any_state)[0].state == "passed_on"
    answer_form(any_state, city.release, NUMBER, "keep_open", MARKET, "理由", DAY)
    closed = list_forms(any_state)[0].closed_at
    read_form(any_state, city.release, NUMBER, BUREAU, at("2026-03-20"))
    assert list_forms(any_state)[0].closed_at == closed
    assert verify_ledger(any_state).intact


def test_what_was_written_stands_in_one_table_only(
    any_state: State, city: City, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receipt = sent(any_state)
    read_form(any_state, city.release, NUMBER, MARKET, DAY)
    answer_form(any_state, city.release, NUMBER, "keep_open", MARKET, "核实无误", DAY)
    with any_state.read() as session:
        for table in ("cases", "clocks", "receipts", "events", "forms"):
            stored = str([tuple(row) for row in session.execute(text(f"select * from {table}"))])
            assert not [one for one in (PLANTED, "13800138000", receipt) if one in stored], table
        assert PLANTED in str(session.execute(text("select text from form_contents")).all())
    shown = [progress(any_state, receipt), *list_forms(any_state), *show_form(any_state, NUMBER)]
    assert PLANTED not in str(shown)
    assert "13800138000" not in str(shown)
    assert PLANTED not in caplog.text
    assert receipt not in caplog.text
    assert list_tasks(any_state) == []


def test_representations_hold_nothing_that_was_written(state: State, city: City) -> None:
    sent(state)
    written = read_form(state, city.release, NUMBER, MARKET, DAY)
    for shown in (form(), written, (form(),), [written]):
        assert PLANTED not in repr(shown)
        assert "王某" not in repr(shown)


def test_a_changed_content_is_not_shown_as_what_was_sent(any_state: State, city: City) -> None:
    sent(any_state)
    with any_state.engine.begin() as connection:
        connection.execute(text("update form_contents set text = 'another'"))
    with pytest.raises(CaseError, match="changed"):
        read_form(any_state, city.release, NUMBER, MARKET, DAY)
    assert len(show_form(any_state, NUMBER)[1]) == 2


def test_a_changed_answer_breaks_the_ledger(any_state: State, city: City) -> None:
    sent(any_state)
    answer_form(any_state, city.release, NUMBER, "keep_open", MARKET, "核实无误", DAY)
    with any_state.engine.begin() as connection:
        connection.execute(text("update forms set answer_zh = 'another'"))
    assert [fault.case_id for fault in verify_ledger(any_state).faults] == [NUMBER]


def test_content_that_is_erased_leaves_the_ledger_whole(any_state: State, city: City) -> None:
    receipt = sent(any_state)
    with any_state.engine.begin() as connection:
        connection.execute(text("delete from form_contents"))
    assert verify_ledger(any_state).intact
    assert progress(any_state, receipt) is not None
    with pytest.raises(CaseError, match="missing"):
        read_form(any_state, city.release, NUMBER, MARKET, DAY)


@pytest.mark.parametrize(
    ("changed", "zh", "en"),
    [
        (form(text=" \n "), "请填写内容", "Write what it is about"),
        (form(text=PLANTED + "字" * LONGEST_TEXT), "2000", "2018 characters"),
        (form(contact=PLANTED + "1" * LONGEST_CONTACT), "120", "138 characters"),
        (form(text=PLANTED + "\x00"), "不能显示", "cannot be shown"),
        (form(text=PLANTED + "\x9b31m"), "不能显示", "cannot be shown"),
        (form(text=PLANTED + "\ud800"), "不能显示", "cannot be shown"),
        (form(dataset="nothing"), "没有此数据集", "no such dataset"),
        (form(dataset=None), "数据集的页面", "page of a dataset"),
    ],
)
def test_a_form_that_cannot_be_taken_is_refused_in_both_languages_and_not_repeated(
    state: State, changed: SentForm, zh: str, en: str
) -> None:
    with pytest.raises(FormRefused) as refused:
        submit(state, facts(), changed, DAY)
    assert zh in refused.value.text.zh
    assert en in refused.value.text.en
    assert PLANTED not in refused.value.message()
    assert list_forms(state) == []


@pytest.mark.parametrize("length", [1, LONGEST_TEXT])
def test_the_longest_form_is_taken_as_it_was_written(any_state: State, city: City, length: int) -> None:
    wrote = form(text="𠮷" * length, contact="é" * LONGEST_CONTACT)
    submit(any_state, facts(), wrote, DAY)
    found = read_form(any_state, city.release, NUMBER, MARKET, DAY)
    assert (found.text, found.contact) == (wrote.text, wrote.contact)


def test_an_answer_that_names_a_persons_number_is_refused(state: State, city: City) -> None:
    sent(state)
    for note, note_en in ((f"见 {PLANTED}", ""), ("核实无误", "call 13800138000")):
        with pytest.raises(CaseError, match="looks like") as refused:
            answer_form(state, city.release, NUMBER, "keep_open", MARKET, note, DAY, note_en)
        assert PLANTED not in refused.value.message()
    assert list_forms(state)[0].is_open


def test_receipts_are_never_equal_and_hold_eighty_random_bits() -> None:
    made = {new_receipt() for _ in range(2000)}
    assert len(made) == 2000
    assert all(len(one) == 17 and one[0] == "K" and not set(one) & set("ILOU") for one in made)
    assert {len({one[place] for one in made}) for place in range(1, 17)} == {32}


@given(st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=16, max_size=16), st.booleans())
def test_a_receipt_is_found_however_it_is_typed(signs: str, small: bool) -> None:
    receipt = "K" + signs
    typed = (
        "-".join(receipt[place : place + 4] for place in range(0, 17, 4)).replace("0", "O").replace("1", "l")
    )
    typed = typed.lower() if small else typed
    assert usual_receipt(typed) == receipt
    assert receipt_hash(typed) == receipt_hash(receipt)


@pytest.mark.parametrize(
    "receipt", ["", "K", "F-2026-0001", "' or 1=1 --", "K" + "0" * 16, "𠮷", "\ud800", "\x00"]
)
def test_other_receipts_lead_nowhere(any_state: State, receipt: str) -> None:
    sent(any_state)
    assert progress(any_state, receipt) is None


def test_each_form_is_a_case_of_its_own(any_state: State) -> None:
    receipts = [sent(any_state) for _ in range(3)]
    assert [case.id for case in list_forms(any_state)] == ["F-2026-0001", "F-2026-0002", "F-2026-0003"]
    assert len({*receipts}) == 3


def test_a_pinned_clock_of_commands_does_not_stop_the_answer_to_a_running_portal(
    state: State, city: City
) -> None:
    receipt = submit(state, facts(), form(), at("2026-03-16T09:05:00"))
    answer_form(state, city.release, NUMBER, "keep_open", MARKET, "核实无误", at("2026-03-16T09:00:00"))
    found = progress(state, receipt)
    assert found is not None
    assert found.steps[-1][0] == at("2026-03-16T09:05:00")


def test_an_answer_on_an_earlier_day_is_refused(state: State, city: City) -> None:
    sent(state)
    with pytest.raises(CaseError, match="not before"):
        answer_form(state, city.release, NUMBER, "keep_open", MARKET, "核实无误", at("2026-03-15"))


def test_a_form_is_overdue_on_the_day_after_its_last_day_and_not_once_answered(
    state: State, city: City
) -> None:
    sent(state, "weihai")
    (case,) = list_forms(state)
    assert not case.is_overdue(dt.date(2026, 3, 30))
    assert case.is_overdue(dt.date(2026, 3, 31))
    answer_form(state, city.release, NUMBER, "keep_open", MARKET, "核实无误", at("2026-04-01"))
    assert not list_forms(state)[0].is_overdue(dt.date(2026, 4, 2))


def test_the_successor_of_a_body_answers_for_it(state: State, city: City) -> None:
    sent(state)
    agencies = dict(city.release.catalogue.agencies)
    agencies["tax"] = agencies["tax"].model_copy(update={"succeeds": ("market",)})
    release = replace(city.release, catalogue=replace(city.release.catalogue, agencies=agencies))
    done = answer_form(state, release, NUMBER, "keep_open", Actor("tax", "data_officer"), "核实无误", DAY)
    assert done.state == "closed"


def test_a_number_of_another_kind_of_case_is_no_form(state: State) -> None:
    sent(state)
    for number in ("R-2026-0001", "F-2026-0002", "", "F-"):
        with pytest.raises(CaseError, match="no such form"):
            show_form(state, number)


def test_an_erased_contact_leaves_case_text_and_ledger(any_state: State, city: City) -> None:
    sent(any_state)
    with pytest.raises(NotPermitted):
        erase_form_contact(any_state, city.release, NUMBER, Actor("tax", "data_officer"), DAY)
    assert erase_form_contact(any_state, city.release, NUMBER, MARKET, DAY)
    assert not erase_form_contact(any_state, city.release, NUMBER, MARKET, DAY)
    written = read_form(any_state, city.release, NUMBER, MARKET, DAY)
    assert (written.contact, PLANTED in written.text) == ("", True)
    assert verify_ledger(any_state).intact
    with any_state.engine.connect() as connection:
        assert "13800138000" not in str(connection.execute(text("select * from form_contents")).all())
    with pytest.raises(CaseError, match="no such form"):
        erase_form_contact(any_state, city.release, "F-2026-9999", MARKET, DAY)


def test_contacts_of_closed_forms_go_after_their_days_and_those_of_open_ones_stay(
    any_state: State, city: City
) -> None:
    sent(any_state)
    sent(any_state)
    answer_form(any_state, city.release, NUMBER, "keep_open", MARKET, "核实无误", DAY)
    assert erase_due_contacts(any_state, DAY + dt.timedelta(days=89), 90).forms == ()
    assert erase_due_contacts(any_state, DAY + dt.timedelta(days=90), 90).forms == (NUMBER,)
    assert erase_due_contacts(any_state, DAY + dt.timedelta(days=91), 90).forms == ()
    assert verify_ledger(any_state).intact
    assert read_form(any_state, city.release, NUMBER, MARKET, DAY + dt.timedelta(days=91)).contact == ""
    assert read_form(any_state, city.release, "F-2026-0002", MARKET, DAY).contact != ""
