"""Measures against users that are made public: whose, in which words, by which article, for how long."""

import datetime as dt

import pytest
from casework_city import City
from sharing_city import CENTRE, DAY, enrol

from casework.accounts import AccountFacts, Wish, close_account, register_account
from casework.recipients import Told, end, resume, suspend
from casework.sanctions import Measure, public_measures
from casework.state import State
from resource_catalogue.errors import CaseError
from resource_catalogue.model import Label
from resource_catalogue.profile import load_profile

PASSWORD = "blue-harbour-27"


pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def city(sharing_city: City) -> City:
    return sharing_city


def user(state: State, name: str = "数据读者") -> str:
    facts = AccountFacts("yancheng@1", 1, "data_centre")
    return register_account(state, facts, Wish(name, "person", PASSWORD, "reader@example.org"), DAY)


def made_public(state: State, profile: str = "yancheng") -> list[Measure]:
    return public_measures(state, load_profile(profile))


@pytest.mark.requirement("P-26")
def test_a_suspension_is_public_in_the_words_of_the_text_until_it_is_lifted(
    any_state: State, city: City
) -> None:
    one = user(any_state)
    suspend(any_state, city.release, one, CENTRE, "超出约定范围使用", DAY, Told("Used beyond the agreement"))
    (measure,) = made_public(any_state)
    assert measure.subject == "数据读者"
    assert measure.measure == Label(zh="限制数据获取权限", en="Access to data restricted")
    assert measure.reason == Label(zh="超出约定范围使用", en="Used beyond the agreement")
    assert "第三十五条" in measure.basis
    assert measure.since == DAY
    resume(any_state, city.release, one, CENTRE, "已改正", DAY)
    assert made_public(any_state) == []


@pytest.mark.requirement("P-26")
def test_an_end_is_public_as_closed_access_and_the_newest_comes_first(any_state: State, city: City) -> None:
    first, second = user(any_state), user(any_state, "另一读者")
    suspend(any_state, city.release, first, CENTRE, "超出约定范围使用", DAY)
    end(any_state, city.release, second, CENTRE, "屡次违规", DAY + dt.timedelta(days=1))
    assert [one.subject for one in made_public(any_state)] == ["另一读者", "数据读者"]
    assert made_public(any_state)[0].measure.zh == "关闭数据获取权限"
    end(any_state, city.release, first, CENTRE, "屡次违规", DAY + dt.timedelta(days=2))
    assert [one.measure.zh for one in made_public(any_state)] == ["关闭数据获取权限"] * 2


@pytest.mark.parametrize("profile", ["weihai", "xinjiang", "putuo", "yinchuan"])
def test_nothing_is_public_where_the_text_does_not_say_so(state: State, city: City, profile: str) -> None:
    end(state, city.release, user(state), CENTRE, "屡次违规", DAY)
    assert made_public(state)
    assert made_public(state, profile) == []


def test_precautions_closed_accounts_and_agencies_systems_are_not_made_public(
    any_state: State, city: City
) -> None:
    enrol(any_state, city)
    one, other = user(any_state), user(any_state, "另一读者")
    suspend(any_state, city.release, "demo_tax", CENTRE, "检修", DAY)
    suspend(any_state, city.release, one, CENTRE, "密码被盗", DAY, Told(is_precaution=True))
    close_account(any_state, other, PASSWORD, DAY)
    assert made_public(any_state) == []


def test_a_user_that_an_officer_registered_is_named_by_its_id_and_not_by_a_person_s_name(
    state: State, city: City
) -> None:
    enrol(state, city, "reader_one", None, kind="user")
    suspend(state, city.release, "reader_one", CENTRE, "超出约定范围使用", DAY)
    assert [one.subject for one in made_public(state)] == ["reader_one"]


def test_a_reason_with_a_person_s_number_is_refused_in_both_languages(state: State, city: City) -> None:
    one = user(state)
    for note, told in (("电话 13800138000", Told()), ("违规", Told("call 138-0013-8000"))):
        with pytest.raises(CaseError, match="looks like"):
            suspend(state, city.release, one, CENTRE, note, DAY, told)
    assert made_public(state) == []
