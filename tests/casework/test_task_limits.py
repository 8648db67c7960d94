"""Due dates of tasks: prescribed limits in working days, platform targets, provisional dates."""

import datetime as dt

import pytest
from casework_city import OFFICER, STEWARD, City, at, finding
from hypothesis import given
from hypothesis import strategies as st

from casework.acts import accept_answer, answer, return_answer
from casework.ledger import verify_ledger
from casework.limits import Limits
from casework.rectification import reconcile
from casework.state import State
from casework.tasks import Task, due_soon, list_tasks, overdue, show_task
from norms.working_days import WorkingCalendar
from resource_catalogue.calendar import load_calendar
from resource_catalogue.settings import TargetSettings


def issued(state: State, city: City, day: str, limits: Limits | None = None) -> Task:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, at(day), limits)
    (task,) = list_tasks(state)
    return task


@pytest.mark.parametrize(
    ("received", "due", "provisional"),
    [
        # Spring Festival 2026: 15-23 February off, Saturdays 14 and 28 February worked.
        ("2026-02-12", "2026-03-04", False),
        ("2026-02-12T23:59:00", "2026-03-04", False),
        ("2026-02-13T00:01:00", "2026-03-05", False),
        # Received on a holiday: the first working day after it is day 1.
        ("2026-02-17", "2026-03-06", False),
        ("2026-03-16", "2026-03-30", False),
        # National Day 2026: 1-7 October off, Saturday 10 October worked.
        ("2026-09-30", "2026-10-20", False),
        # The notice for 2027 is not out: Monday to Friday, marked.
        ("2026-12-28", "2027-01-11", True),
        ("2026-12-17", "2026-12-31", False),
        ("2026-12-18", "2027-01-01", True),
    ],
)
@pytest.mark.requirement("D02", "Q-04", "S-01")
def test_ten_working_days_from_receipt(
    state: State, city: City, received: str, due: str, provisional: bool
) -> None:
    task = issued(state, city, received)
    assert (task.due_on, task.is_provisional) == (dt.date.fromisoformat(due), provisional)
    assert (task.due_basis, task.article) == ("prescribed", "a16¶2")
    assert task.citation == "盐城市公共数据管理办法 第十六条第二款 (yancheng@1 a16¶2)"


def test_the_civil_day_of_receipt_is_the_deployments(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, dt.datetime(2026, 2, 12, 20, tzinfo=dt.UTC))
    assert list_tasks(state)[0].due_on == dt.date(2026, 3, 5)


def test_an_instant_without_time_zone_is_refused(state: State, city: City) -> None:
    with pytest.raises(TypeError, match="without time zone"):
        reconcile(state, city.lake, city.release, dt.datetime(2026, 2, 12, 9))


@pytest.mark.parametrize("profile", ["xinjiang", "putuo", "yinchuan", "weihai"])
@pytest.mark.requirement("Q-04")
def test_a_text_without_a_number_gives_no_date_or_a_target_never_a_prescribed_one(
    state: State, city: City, profile: str
) -> None:
    other = city.under(profile)
    task = issued(state, other, "2026-02-12")
    assert (task.due_on, task.due_basis) == (None, "none")
    assert task.article
    other.found(finding(1), finding(2))
    reconcile(state, other.lake, other.release, at("2026-02-12"), Limits(targets=TargetSettings(
        rectification_working_days=5)))  # fmt: skip
    target = list_tasks(state)[1]
    assert (target.due_on, target.due_basis) == (dt.date(2026, 2, 26), "target")


def test_a_target_does_not_touch_a_prescribed_limit(state: State, city: City) -> None:
    task = issued(state, city, "2026-02-12", Limits(targets=TargetSettings(rectification_working_days=3)))
    assert (task.due_on, task.due_basis) == (dt.date(2026, 3, 4), "prescribed")


@pytest.mark.requirement("D02")
def test_a_provisional_date_is_counted_again_when_the_notice_is_loaded(state: State, city: City) -> None:
    task = issued(state, city, "2026-12-28")
    assert task.is_provisional
    known = load_calendar()
    holidays = {dt.date(2027, 1, 1): False, dt.date(2027, 1, 4): False}
    announced = WorkingCalendar("cn@2027.1", dt.date(2027, 12, 31), {**known.days, **holidays})
    done = reconcile(state, city.lake, city.release, at("2026-12-29"), Limits(announced))
    assert done.recalculated == [task.id]
    (task,) = list_tasks(state)
    assert (task.due_on, task.is_provisional) == (dt.date(2027, 1, 13), False)
    assert show_task(state, task.id).events[-1].act == "recalculate"
    assert not reconcile(state, city.lake, city.release, at("2026-12-29"), Limits(announced)).wrote
    assert verify_ledger(state).intact


@pytest.mark.requirement("D02", "Q-10")
def test_a_task_is_overdue_on_the_day_after_its_last_day(state: State, city: City) -> None:
    task = issued(state, city, "2026-02-12")
    assert overdue(state, at("2026-03-04T23:59:00")) == []
    assert [late.id for late in overdue(state, at("2026-03-05T00:00:00"))] == [task.id]
    assert overdue(state, at("2026-03-05"), agency="tax") == []


def test_a_task_is_due_soon_within_working_days(state: State, city: City) -> None:
    issued(state, city, "2026-02-12")
    assert due_soon(state, at("2026-02-27"), days=2) == []
    assert len(due_soon(state, at("2026-02-27"), days=4)) == 1
    assert len(due_soon(state, at("2026-03-04"), days=0)) == 1
    assert due_soon(state, at("2026-03-05"), days=9) == []


def test_an_answered_task_waits_for_the_raising_body_and_is_not_the_agencys_delay(
    state: State, city: City
) -> None:
    task = issued(state, city, "2026-02-12")
    answer(state, city.release, task.id, STEWARD, "confirmed_right", "无误", at("2026-03-04"))
    assert overdue(state, at("2026-03-09")) == []
    return_answer(state, city.release, task.id, OFFICER, "不足", at("2026-03-09"))
    assert len(overdue(state, at("2026-03-09"))) == 1
    answer(state, city.release, task.id, STEWARD, "confirmed_right", "附档案", at("2026-03-10"))
    accept_answer(state, city.release, task.id, OFFICER, at("2026-03-10"))
    assert overdue(state, at("2026-03-11")) == []


def test_a_task_without_date_is_never_overdue(state: State, city: City) -> None:
    issued(state, city.under("weihai"), "2026-02-12")
    assert overdue(state, at("2030-01-01")) == []
    assert due_soon(state, at("2026-02-12"), days=30) == []


@given(st.dates(dt.date(2004, 1, 1), dt.date(2026, 11, 30)), st.integers(1, 20))
def test_a_limit_ends_on_a_working_day_after_exactly_its_number_of_working_days(
    start: dt.date, n: int
) -> None:
    calendar = load_calendar()
    due = calendar.add_working_days(start, n)
    days = [start + dt.timedelta(days=step) for step in range(1, (due.due_on - start).days + 1)]
    assert calendar.is_working(due.due_on)
    assert sum(map(calendar.is_working, days)) == n
