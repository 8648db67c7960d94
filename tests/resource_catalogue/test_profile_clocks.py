"""Tests of the limits in the shipped profiles, against the table of clocks written again here."""

import re
from typing import NamedTuple

import pytest

from resource_catalogue.procedure import Step
from resource_catalogue.profile import Profile, load_profile, shipped_profile_ids


class Clock(NamedTuple):
    """One row of the table of clocks."""

    id: str
    profile: str
    case: str
    act: str
    by: tuple[str, ...]
    article: str
    n: int | None
    unit: str


WORKING = "working_day"
CLOCKS = [
    Clock("D01", "yancheng", "catalogue_change", "update_catalogue", ("agency",), "a10", 15, WORKING),
    Clock("D02", "yancheng", "rectification", "verify_and_correct", ("source_agency",), "a16¶2", 10, WORKING),
    Clock("D03", "yancheng", "share_request_conditional", "answer", ("provider",), "a20¶3(二)", 5, WORKING),
    Clock(
        "D04", "yancheng", "lower_tier_request_conditional", "answer", ("provider",), "a20¶4(二)", 5, WORKING
    ),
    Clock("D05", "yancheng", "unlisted_data_request", "answer", ("provider",), "a21", 7, WORKING),
    Clock("D06", "yancheng", "unlisted_data_request", "list_and_share", ("provider",), "a21", 7, WORKING),
    Clock("D07", "yancheng", "error_feedback", "check_and_correct", ("provider",), "a23", 5, WORKING),
    Clock("D08", "yancheng", "open_application", "answer", ("provider",), "a27(二)", 10, WORKING),
    Clock("D09", "yancheng", "misuse_report", "handle", ("provider", "authority"), "a49", 10, WORKING),
    Clock("D10", "xinjiang", "catalogue_change", "update_and_report", ("agency",), "a11", 15, WORKING),
    Clock(
        "D11",
        "xinjiang",
        "share_request_open_to_all",
        "check_conformity",
        ("platform",),
        "a21(一)",
        3,
        WORKING,
    ),
    Clock(
        "D12",
        "xinjiang",
        "share_request_conditional",
        "check_conformity",
        ("platform",),
        "a21(二)",
        3,
        WORKING,
    ),
    Clock("D13", "xinjiang", "share_request_conditional", "answer", ("provider",), "a21(二)", 5, WORKING),
    Clock("D14", "xinjiang", "log_retention", "keep_logs", ("agency",), "a15¶2", 3, "year"),
    Clock("D15", "weihai", "catalogue_change", "submit_change", ("agency",), "a9¶4", 15, WORKING),
    Clock("D16", "weihai", "catalogue_change", "review_and_publish", ("authority",), "a9¶4", 2, WORKING),
    Clock("D17", "weihai", "share_request_conditional", "review", ("authority",), "a17¶2", 1, WORKING),
    Clock(
        "D18",
        "weihai",
        "share_request_conditional",
        "review_and_authorise",
        ("provider",),
        "a17¶2",
        2,
        WORKING,
    ),
    Clock("D19", "weihai", "open_application", "check_form", ("authority",), "a24¶2", 5, WORKING),
    Clock("D20", "weihai", "open_application", "review", ("provider",), "a24¶2", 10, WORKING),
    Clock("D21", "weihai", "open_objection", "handle_and_answer", ("agency",), "a25", 10, WORKING),
    Clock("D22", "weihai", "demand_plan", "file_plan", ("agency",), "a18", None, "calendar"),
    Clock("D23", "weihai", "demand_plan", "update_plan", ("agency",), "a18", None, "calendar"),
]

# Words without a number, by article. Not listed: what a numbered limit of the same sentence bounds (a27, a49)
# and duties that the profiles hold as provisions.
SOFT = {
    "yancheng": {
        "立即": [28, 39, 41],
        "及时": [18, 20, 23, 25, 28, 41, 42, 44],
        "定期": [10, 18, 25, 37, 39, 48],
        "实时": [11, 15],
        "提前": [45],
    },
    "xinjiang": {
        "立即": [30],
        "及时": [14, 19, 21, 23, 24, 37],
        "定期": [11, 12, 19, 31, 34, 40, 41],
        "每年": [39],
        "限期": [44],
    },
    "putuo": {
        "立即": [25],
        "及时": [26],
        "定期": [22, 23, 24, 25, 28],
        "实时": [13],
        "年度": [27],
        "每年": [29],
    },
    "yinchuan": {"及时": [10, 12, 13, 23, 27, 29], "定期": [28], "每年": [30], "限期": [31]},
    "weihai": {"立即": [30], "定期": [26, 30], "年度": [23]},
}


def steps_of(profile: Profile) -> list[Step]:
    """Return every step of a profile."""
    return [step for procedure in profile.cases.values() for step in procedure.steps]


def article_number(step: Step) -> int:
    """Return the number of a step's article."""
    match = re.match(r"a(\d+)", step.art)
    assert match
    return int(match[1])


@pytest.mark.requirement(
    "D01",
    "D02",
    "D03",
    "D04",
    "D05",
    "D06",
    "D07",
    "D08",
    "D09",
    "D10",
    "D11",
    "D12",
    "D13",
    "D14",
    "D15",
    "D16",
    "D17",
    "D18",
    "D19",
    "D20",
    "D21",
    "D22",
    "D23",
)
def test_the_profiles_hold_exactly_the_clocks_of_the_table() -> None:
    held = {
        Clock(step.id or "", name, case, step.act, step.by, step.art, step.limit.n, step.limit.unit or "")
        for name in shipped_profile_ids()
        for case, step in load_profile(name).prescribed_steps()
    }
    assert sorted(held) == CLOCKS


def test_the_units_add_up_to_twenty_in_working_days_one_in_years_two_by_calendar() -> None:
    units = [
        step.limit.unit for name in shipped_profile_ids() for _, step in load_profile(name).prescribed_steps()
    ]
    assert {unit: units.count(unit) for unit in units} == {WORKING: 20, "year": 1, "calendar": 2}


@pytest.mark.parametrize("name", shipped_profile_ids())
def test_a_word_without_a_number_is_never_prescribed(name: str) -> None:
    for step in steps_of(load_profile(name)):
        if step.limit.n is None and step.limit.calendar is None:
            assert step.limit.kind != "prescribed"
            assert step.id is None
        else:
            assert step.limit.kind == "prescribed"


@pytest.mark.parametrize(
    ("name", "word", "article"),
    [
        (name, word, article)
        for name, words in SOFT.items()
        for word, articles in words.items()
        for article in articles
    ],
)
def test_every_soft_word_is_a_target_at_its_article(name: str, word: str, article: int) -> None:
    targets = [step for step in steps_of(load_profile(name)) if step.limit.kind == "target"]
    assert any(word in (step.limit.word or "") and article_number(step) == article for step in targets)


@pytest.mark.parametrize("name", shipped_profile_ids())
def test_no_target_stands_where_the_table_of_soft_words_has_none(name: str) -> None:
    known = {(word, article) for word, articles in SOFT[name].items() for article in articles}
    for step in steps_of(load_profile(name)):
        if step.limit.kind == "target":
            assert any(
                word in (step.limit.word or "") and article_number(step) == art for word, art in known
            ), step


@pytest.mark.requirement("D22", "D23")
def test_the_calendar_limits_fall_on_the_last_day_of_february_and_of_each_month() -> None:
    dues = {step.id: step.limit.calendar for _, step in load_profile("weihai").prescribed_steps()}
    file_plan, update_plan = dues["D22"], dues["D23"]
    assert file_plan
    assert (file_plan.each, file_plan.month, file_plan.day) == ("year", 2, "last")
    assert update_plan
    assert (update_plan.each, update_plan.month, update_plan.day) == ("month", None, "last")


@pytest.mark.requirement("D14", "X-04")
def test_logs_are_kept_at_least_as_long_as_the_provision_says() -> None:
    profile = load_profile("xinjiang")
    retention = next(step for case, step in profile.prescribed_steps() if case == "log_retention")
    assert retention.limit.bound == "at_least"
    assert retention.limit.n == profile.provision("log.retention_years").value == 3


@pytest.mark.requirement("D20")
def test_in_principle_softens_only_the_review_of_open_applications() -> None:
    softened = [
        step.id
        for name in shipped_profile_ids()
        for _, step in load_profile(name).prescribed_steps()
        if step.strength != "must"
    ]
    assert softened == ["D20"]


def test_a_start_that_the_text_does_not_write_is_marked_as_read_into_it() -> None:
    unwritten = {
        step.id
        for name in shipped_profile_ids()
        for step in steps_of(load_profile(name))
        if not step.start_written
    }
    assert unwritten == {"D05", "D09", "D21"}


@pytest.mark.requirement("D08")
def test_an_open_application_is_answered_at_once_where_possible() -> None:
    at_once = {
        step.id
        for name in shipped_profile_ids()
        for step in steps_of(load_profile(name))
        if step.at_once_if_possible
    }
    assert at_once == {"D08"}


def test_chained_limits_add_up_to_the_worst_lawful_total() -> None:
    def total(name: str, kind: str) -> int:
        procedure = load_profile(name).case(kind)
        assert procedure
        return sum(step.limit.n or 0 for step in procedure.steps if step.limit.unit == WORKING)

    assert total("weihai", "share_request_conditional") == 3
    assert total("xinjiang", "share_request_conditional") == 8
    assert total("yancheng", "share_request_conditional") == 5
    assert total("yancheng", "open_application") == 10
    assert total("weihai", "open_application") == 15
    assert total("putuo", "share_request_conditional") == total("yinchuan", "share_request_conditional") == 0
