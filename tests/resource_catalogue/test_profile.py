"""Tests of what the shipped profiles say and how they answer."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resource_catalogue.errors import CatalogueError
from resource_catalogue.profile import Profile, default_profile_id, load_profile, shipped_profile_ids
from resource_catalogue.profile_words import profile_words, word_label

DIMENSIONS = {
    "yancheng": {"真实性", "准确性", "完整性", "一致性", "时效性", "通用", "全量化", "可信溯源"},
    "xinjiang": {"完整性", "有效性", "及时性", "时效性", "一致性", "准确性", "真实性", "正常可用", "可追溯"},
    "putuo": {"完整性", "准确性", "一致性", "时效性", "符合有关规范", "可使用", "数量", "全量", "可追溯"},
    "yinchuan": {"完整性", "全面", "准确性", "真实", "一致性", "时效性", "可用性"},
    "weihai": {"完整性", "准确性", "一致性", "时效性", "可机器读取", "全流程规范记录"},
}
BASES = {
    "yancheng": {"population", "organisation", "e_certificate", "social_credit", "spatial"},
    "xinjiang": {"population", "organisation", "e_certificate", "macro_economy", "spatial"},
    "putuo": {"population", "organisation", "e_certificate", "spatial"},
    "yinchuan": set(),
    "weihai": {"population", "organisation", "e_certificate", "spatial"},
}
FIELDS = {
    "yancheng": {
        "summary", "columns", "form", "share.type", "open.type", "share.condition", "open.condition",
        "update.frequency", "agencies.collecting", "agencies.reviewing",
        "agencies.providing", "class", "categories",
    },
    "xinjiang": {
        "class", "categories", "format", "columns", "update.frequency", "share.type", "share.modes",
        "share.condition", "open.type", "use_requirements", "code",
    },
    "putuo": {"update.frequency", "duty", "system", "share.type", "open.type"},
    "yinchuan": {"share.type", "open.type"},
    "weihai": {"name", "summary", "columns", "share.type", "open.type", "level.national", "update.frequency"},
}  # fmt: skip
LAWS = {"law", "administrative_regulation", "local_regulation"}
RULES = {"department_rule", "government_rule"}
SHARE_RANKS = {
    "yancheng": LAWS,
    "xinjiang": LAWS | {"national_provision"},
    "putuo": LAWS | RULES,
    "yinchuan": LAWS | RULES,
    "weihai": set(),
}
RAISERS = {
    "yancheng": ("operator",),
    "xinjiang": ("authority",),
    "putuo": ("authority", "operator"),
    "yinchuan": ("authority",),
    "weihai": ("authority",),
}

each_profile = pytest.mark.parametrize("name", shipped_profile_ids())


def test_five_profiles_ship_and_the_default_is_one_of_them_in_force() -> None:
    assert set(shipped_profile_ids()) == set(DIMENSIONS)
    assert load_profile(default_profile_id()).status_on(dt.date(2026, 11, 21)) == "in_force"


@each_profile
@pytest.mark.requirement("Q-01")
def test_a_profile_has_every_quality_word_of_its_text(name: str) -> None:
    assert set(load_profile(name).dimensions) == DIMENSIONS[name]


@each_profile
def test_a_quality_word_is_measured_unless_it_is_about_tracing(name: str) -> None:
    unmeasured = {word for word, dim in load_profile(name).dimensions.items() if not dim.indicators}
    assert unmeasured <= {"可信溯源", "可追溯", "全流程规范记录"}


@each_profile
@pytest.mark.requirement("G-05")
def test_a_profile_has_the_base_databases_of_its_text(name: str) -> None:
    assert set(load_profile(name).base_databases) == BASES[name]


def test_only_e_certificates_are_fed_in_real_time() -> None:
    fed = {
        (name, key)
        for name in shipped_profile_ids()
        for key, base in load_profile(name).base_databases.items()
        if base.feed == "real_time"
    }
    assert fed == {("yancheng", "e_certificate")}


@each_profile
def test_a_profile_requires_the_fields_of_its_text(name: str) -> None:
    assert {field.field for field in load_profile(name).required_fields} == FIELDS[name]


def test_conditions_are_required_of_conditional_entries_only() -> None:
    fields = {field.field: field for field in load_profile("yancheng").required_fields}
    when = fields["share.condition"].when
    assert when
    assert (when.field, when.one_of) == ("share.type", ("conditional",))
    assert fields["share.type"].when is None


@each_profile
@pytest.mark.requirement("H-04")
def test_the_ranks_that_support_a_share_type_are_those_of_the_text(name: str) -> None:
    profile = load_profile(name)
    assert set(profile.basis.share.ranks) == SHARE_RANKS[name]
    assert profile.admits_basis("share", "none", "law")
    assert profile.admits_basis("share", "open_to_all", "normative_document")
    assert profile.admits_basis("share", "none", "normative_document") == (name == "weihai")


@pytest.mark.requirement("H-04")
def test_a_government_rule_supports_closing_but_not_withholding_from_sharing() -> None:
    profile = load_profile("yancheng")
    assert profile.admits_basis("open", "none", "government_rule")
    assert not profile.admits_basis("share", "none", "government_rule")


@pytest.mark.requirement("H-04")
def test_conditional_sharing_needs_no_basis_where_only_refusal_to_share_does() -> None:
    assert load_profile("yinchuan").basis.share.needs == ("none",)
    assert load_profile("putuo").basis.share.needs == ("conditional", "none")


@pytest.mark.requirement("H-02", "P-02")
def test_local_names_of_the_types_differ_under_one_canonical_code() -> None:
    putuo, yinchuan, weihai = (load_profile(name) for name in ("putuo", "yinchuan", "weihai"))
    assert putuo.share_types.conditional
    assert putuo.share_types.conditional.zh == "授权共享"
    assert putuo.share_types.none.zh == "非共享"
    assert yinchuan.open_types.conditional is None
    assert weihai.open_types.none.zh == "不予开放类"


@each_profile
def test_rectification_is_raised_by_the_body_the_text_names(name: str) -> None:
    profile = load_profile(name)
    assert profile.cases["rectification"].raised_by == RAISERS[name]
    assert profile.raiser("rectification", {"authority", "operator"}) == RAISERS[name][0]


@pytest.mark.requirement("Q-04")
def test_the_first_named_body_that_exists_raises_rectification() -> None:
    assert load_profile("putuo").raiser("rectification", {"operator"}) == "operator"


def test_a_deployment_without_the_named_body_is_told_so() -> None:
    with pytest.raises(CatalogueError, match=r"rectification: no body"):
        load_profile("yancheng").raiser("rectification", {"authority"})


@pytest.mark.requirement("O-02")
def test_the_authority_acts_where_the_text_knows_no_operator() -> None:
    for name in ("yinchuan", "weihai"):
        profile = load_profile(name)
        assert profile.role_names.operator is None
        assert profile.acting("operator", {"authority", "operator"}) == "authority"
    assert load_profile("yancheng").acting("operator", {"authority", "operator"}) == "operator"
    assert load_profile("xinjiang").acting("platform", {"authority"}) == "authority"


@pytest.mark.requirement("K-04")
def test_the_statutory_sources_are_complete_and_numbered() -> None:
    sources = load_profile("xinjiang").statutory_sources
    items = {
        subject: [source.item for key, source in sources.items() if key.split(".")[1] == subject]
        for subject in ("person", "organisation", "place")
    }
    assert items["person"] == ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一"]
    assert items["organisation"] == ["一", "二", "三", "四"]
    assert items["place"] == [None] * 11
    assert set(sources["xinjiang.person.birth_and_death"].functions) == {"health", "public_security"}
    assert all(
        not load_profile(name).statutory_sources for name in shipped_profile_ids() if name != "xinjiang"
    )


def test_keys_and_place_and_time_are_demanded_where_the_text_does() -> None:
    keyed = {name for name in shipped_profile_ids() if load_profile(name).subject_keys}
    assert keyed == {"xinjiang", "weihai"}
    assert load_profile("weihai").subject_keys["person"].element == "citizen_id"
    placed = {
        name: [field.field for field in load_profile(name).spatiotemporal_fields]
        for name in shipped_profile_ids()
    }
    assert {name: fields for name, fields in placed.items() if fields} == {
        "weihai": ["collected.at", "collected.place"]
    }


@each_profile
def test_a_provision_the_text_is_silent_on_has_no_value_and_nothing_to_cite(name: str) -> None:
    profile = load_profile(name)
    silent = set(profile_words().provisions) - set(profile.provisions)
    assert silent
    for key in silent:
        assert profile.provision(key).value is None
        with pytest.raises(ValueError, match="silent"):
            profile.citation(profile.provision(key))


def test_an_unknown_provision_or_case_is_a_programming_error() -> None:
    profile = load_profile("weihai")
    with pytest.raises(KeyError):
        profile.provision("share.tpyo")
    with pytest.raises(KeyError):
        profile.case("share_tpyo")


def test_every_provision_of_the_vocabulary_is_used_by_some_text() -> None:
    used = {key for name in shipped_profile_ids() for key in load_profile(name).provisions}
    assert used == set(profile_words().provisions)


def test_provisions_differ_in_strength() -> None:
    strength = {
        name: load_profile(name).provision("channel.single_share").strength for name in ("yancheng", "putuo")
    }
    assert strength == {"yancheng": "must", "putuo": "in_principle"}
    assert load_profile("xinjiang").provision("staff.chief_data_officer").strength == "encouraged"


def test_copying_needs_two_consents_and_tightening_one() -> None:
    assert load_profile("yancheng").provision("share.copy_needs").value == ("authority", "provider")
    assert load_profile("weihai").provision("open.tightening_needs").value == ("authority",)


def test_one_procedure_may_serve_several_kinds_of_case() -> None:
    profile = load_profile("weihai")
    assert profile.case("open_demand") is profile.case("open_objection") is not None
    assert load_profile("putuo").case("open_demand") is None


@pytest.mark.requirement("S-01")
def test_a_step_is_cited_by_title_article_and_profile_version() -> None:
    profile = load_profile("yancheng")
    step = profile.cases["rectification"].steps[0]
    assert profile.citation(step) == "盐城市公共数据管理办法 第十六条第二款 (yancheng@1 a16¶2)"


@pytest.mark.parametrize(
    ("name", "day", "zh", "en"),
    [
        ("yancheng", dt.date(2026, 11, 21), "yancheng@1", "yancheng@1"),
        ("yancheng", dt.date(2027, 12, 1), "yancheng@1（已失效）", "yancheng@1 (expired)"),
        ("yancheng", dt.date(2022, 11, 30), "yancheng@1（尚未施行）", "yancheng@1 (not yet in force)"),
        ("xinjiang", dt.date(2025, 2, 16), "xinjiang@1", "xinjiang@1"),
        ("xinjiang", dt.date(2025, 2, 17), "xinjiang@1（已失效）", "xinjiang@1 (expired)"),
        ("putuo", dt.date(2030, 1, 1), "putuo@1（草案）", "putuo@1 (draft)"),
        ("yinchuan", dt.date(2023, 4, 22), "yinchuan@1（已失效）", "yinchuan@1 (expired)"),
        ("weihai", dt.date(2027, 11, 3), "weihai@1", "weihai@1"),
    ],
)
@pytest.mark.requirement("S-01")
def test_the_label_says_when_the_text_is_not_in_force(name: str, day: dt.date, zh: str, en: str) -> None:
    label = load_profile(name).label(day)
    assert (label.zh, label.en) == (zh, en)


@each_profile
@pytest.mark.requirement("S-01")
def test_the_declared_status_is_that_of_the_day_the_texts_were_read(name: str) -> None:
    profile = load_profile(name)
    assert profile.status_on(dt.date(2026, 11, 21)) == profile.status


PROFILES: list[Profile] = [load_profile(name) for name in shipped_profile_ids()]


@given(st.sampled_from(PROFILES), st.dates())
@pytest.mark.requirement("S-01")
def test_a_text_is_in_force_exactly_from_its_first_to_its_last_day(profile: Profile, day: dt.date) -> None:
    first, last = profile.regulation.effective, profile.regulation.expires
    inside = first is not None and first <= day and (last is None or day <= last)
    assert (profile.status_on(day) == "in_force") == inside


@each_profile
def test_every_act_and_actor_of_a_profile_can_be_shown_in_both_languages(name: str) -> None:
    for kind, procedure in load_profile(name).cases.items():
        labels = [word_label("cases", kind)]
        for step in procedure.steps:
            labels += [word_label("acts", step.act), word_label("starts", step.starts)]
            labels += [word_label("actors", actor) for actor in step.by]
        assert all(label.zh and label.en for label in labels)


@pytest.mark.requirement("P-21")
def test_the_priority_domains_are_counted_as_in_the_texts() -> None:
    counts = {name: len(load_profile(name).priority_domains.domains) for name in shipped_profile_ids()}
    assert counts == {"yancheng": 17, "xinjiang": 11, "putuo": 0, "yinchuan": 19, "weihai": 0}


@pytest.mark.requirement("P-22")
def test_the_attribution_line_names_provider_or_date() -> None:
    fields = {name: load_profile(name).attribution.fields for name in shipped_profile_ids()}
    assert fields["yancheng"] == ("source", "provider")
    assert fields["xinjiang"] == fields["weihai"] == ("source", "acquired_on")
    assert fields["putuo"] == fields["yinchuan"] == ()
