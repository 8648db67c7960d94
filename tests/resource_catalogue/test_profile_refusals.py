"""Tests of how faulty profiles are refused: at file, line and place, with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

import resource_catalogue.profile as profile_module
from resource_catalogue.errors import CatalogueError
from resource_catalogue.faults import CatalogueFault, FaultyCatalogue
from resource_catalogue.profile import load_profile

SHIPPED = Path(profile_module.__file__).parent / "jurisdictions"
Edit = Callable[[str, str], list[CatalogueFault]]


@pytest.fixture
def faults_after(tmp_path: Path) -> Edit:
    """Return the faults of a shipped profile after one replacement in its text."""

    def edit(old: str, new: str) -> list[CatalogueFault]:
        text = (SHIPPED / "weihai.yml").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "weihai.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(FaultyCatalogue) as caught:
            load_profile(path)
        return list(caught.value.faults)

    return edit


def line_of(text: str) -> int:
    """Return the line of a text in the shipped file."""
    lines = (SHIPPED / "weihai.yml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_an_unknown_key_is_refused_at_its_line(faults_after: Edit) -> None:
    (fault,) = faults_after("home_tier: city", "home_tier: city\nhome_teir: city")
    assert fault.line == line_of("home_tier: city") + 1
    assert (fault.place, fault.found) == ("home_teir", "未知的键 / unknown key home_teir")


def test_a_missing_key_is_refused_where_it_belongs(faults_after: Edit) -> None:
    (fault,) = faults_after("limit: {kind: none}, art: a14}", "limit: {kind: none}}")
    assert fault.place == "cases.rectification.steps[0]"
    assert fault.found == "缺少 / no key art"
    assert fault.line == line_of("act: improve_data")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("act: improve_data", "act: improve_dta", "cases.rectification.steps[0].act"),
        ("raised_by: authority", "raised_by: mayor", "cases.rectification.raised_by"),
        ("share.default_shared:", "share.default_shraed:", "provisions"),
        ("share.default_shared: {value: true", "share.default_shared: {value: 1", "provisions"),
        (
            "open.tightening_needs: {value: [authority]",
            "open.tightening_needs: {value: [mayor]",
            "provisions",
        ),
        ('indicators: ["0502"]', 'indicators: ["0599"]', "dimensions.时效性.indicators[0]"),
        (
            "limit: {kind: none}, art: a14}",
            "limit: {kind: none}, art: 第14条}",
            "cases.rectification.steps[0].art",
        ),
        (
            "limit: {n: 2, unit: working_day",
            "limit: {n: 0, unit: working_day",
            "cases.catalogue_change.steps[1].limit.n",
        ),
        ("effective: 2022-11-04", "effective: 2022-10-04", "regulation"),
        ("effective: 2022-11-04", "effective: null", ""),
        ("home_tier: city", "home_tier: town", ""),
        ("  rectification:", "  monitoring:", "cases"),
        ("also: [open_demand,", "also: [open_application,", "cases"),
        ("id: D16", "id: D15", "cases"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(faults_after: Edit, old: str, new: str, place: str) -> None:
    assert [fault.place for fault in faults_after(old, new)] == [place]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{kind: target, word: 立即}", "{kind: prescribed, word: 立即}"),
        ("{kind: target, word: 立即}", "{kind: target}"),
        ("{kind: target, word: 立即}", "{kind: target, n: 1, unit: working_day, word: 立即}"),
        ("{kind: target, word: 立即}", "{kind: none, word: 立即}"),
        ("limit: {n: 1, unit: working_day, kind: prescribed}", "limit: {n: 1, kind: prescribed}"),
        ("calendar: {each: year, month: 2, day: last}", "n: 2"),
        ("calendar: {each: year, month: 2, day: last}", "calendar: {each: year, day: last}"),
        ("{id: D17, act", "{act"),
    ],
)
def test_a_limit_that_mixes_numbers_and_soft_words_is_refused(faults_after: Edit, old: str, new: str) -> None:
    assert all(fault.place.startswith("cases.") for fault in faults_after(old, new))


def test_a_basis_without_its_article_is_refused(faults_after: Edit) -> None:
    (fault,) = faults_after("    art: a22¶2\n", "")
    assert fault.place == "basis.open"


def test_the_file_name_must_be_the_id(faults_after: Edit) -> None:
    (fault,) = faults_after("id: weihai\n", "id: elsewhere\n")
    assert (fault.line, fault.found, fault.expected) == (1, "elsewhere", "weihai")


def test_all_faults_are_told_at_once(faults_after: Edit) -> None:
    faults = faults_after("act: improve_data, by: source_agency", "act: improve, by: nobody")
    assert len(faults) == 2
    assert len(str(FaultyCatalogue(faults)).splitlines()) == 2


def test_an_id_that_does_not_ship_is_answered_with_those_that_do() -> None:
    with pytest.raises(CatalogueError, match="weihai, xinjiang"):
        load_profile("atlantis")


def test_a_deployment_may_load_a_profile_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    text = (SHIPPED / "weihai.yml").read_text(encoding="utf-8")
    path.write_text(text.replace("id: weihai\nversion: 1", "id: own\nversion: 7"), encoding="utf-8")
    assert load_profile(path).reference == load_profile(str(path)).reference == "own@7"
