"""The demo's catalogue is complete, valid under every shipped profile and fits its feeds."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.generator import check_characters
from data.generator.feed import Feed
from data.generator.truth import Truth
from resource_catalogue.catalogue import Draft
from resource_catalogue.catalogue_check import check_catalogue, errors
from resource_catalogue.profile import load_profile
from resource_catalogue.resource import Column, Resource
from resource_catalogue.settings import load_settings

DECLARED_CHECKS = frozenset({"order", "not_future", "not_stale"})


def test_every_file_of_the_catalogue_loads(draft: Draft) -> None:
    assert draft.faults == []
    assert len(draft.catalogue.agencies) == 14
    assert len(draft.catalogue.resources) == 17
    assert len(draft.catalogue.registers) == 6
    assert len(draft.catalogue.datasets) == 3


@pytest.mark.parametrize("profile", ["yancheng", "xinjiang", "putuo", "yinchuan", "weihai"])
def test_the_catalogue_passes_every_check_of_a_profile(draft: Draft, profile: str) -> None:
    checked = check_catalogue(draft, load_profile(profile), dt.date(2026, 3, 16), DECLARED_CHECKS)
    assert [str(fault) for fault in errors(checked)] == []


def test_agencies_have_valid_credit_codes_and_all_posts(draft: Draft) -> None:
    for agency in draft.catalogue.agencies.values():
        assert check_characters.credit_code(agency.credit_code[:17]) == agency.credit_code
        assert check_characters.organisation_code(agency.credit_code[8:16]) == agency.credit_code[8:17]
        assert agency.has_post("data_officer")
        provides = "provider" in agency.roles
        stewards = ("registrar", "reviewer", "steward", "quality_officer") if provides else ()
        assert all(agency.has_post(post) for post in stewards)


def test_the_city_has_one_authority_and_one_operator_and_a_county_its_own_authority(draft: Draft) -> None:
    authorities = {a.id: a.tier for a in draft.catalogue.agencies_with_role("authority")}
    assert authorities == {"data_bureau": "city", "county_data_bureau": "county"}
    assert [a.id for a in draft.catalogue.agencies_with_role("operator")] == ["data_centre"]


def test_every_header_of_a_feed_is_a_declared_name(
    draft: Draft, small_city: tuple[list[Feed], Truth]
) -> None:
    for feed in small_city[0]:
        resource = draft.catalogue.resources[feed.resource]
        for name, header in feed.columns:
            column = resource.column(name)
            assert header in (column.zh, *column.from_, column.name), f"{feed.resource}.{name}"


def test_every_declared_column_is_delivered(draft: Draft, small_city: tuple[list[Feed], Truth]) -> None:
    for feed in small_city[0]:
        declared = {column.name for column in draft.catalogue.resources[feed.resource].columns}
        assert declared == {name for name, _ in feed.columns}, feed.resource


def test_every_committed_file_matches_the_pattern_of_exactly_one_resource(draft: Draft, demo: Path) -> None:
    patterns = [resource.source.path for resource in draft.catalogue.resources.values()]
    for path in _files(demo / "feeds"):
        below = path.relative_to(demo / "feeds")
        name = Path(*below.parts[1:])
        assert sum(name.match(pattern) for pattern in patterns) == 1, str(below)


def test_the_feeds_come_in_many_formats(demo: Path) -> None:
    assert {path.suffix for path in _files(demo / "feeds")} == {
        ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".json", ".jsonl", ".geojson",
    }  # fmt: skip
    assert (demo / "feeds/2026-03-16/human_resources/units_2026.csv").read_bytes().startswith(b"PK")
    assert (demo / "feeds/2026-03-16/health/出生医学证明.xls").read_bytes().startswith(b"\xd0\xcf\x11\xe0")


def test_personal_columns_of_open_resources_are_closed_one_by_one(draft: Draft) -> None:
    for resource in draft.catalogue.resources.values():
        for column in _personal(resource):
            assert resource.open_type(column) == "none" or column.sensitive_when, (
                f"{resource.id}.{column.name}"
            )


def test_settings_pin_the_clock_at_the_last_act(demo: Path) -> None:
    settings = load_settings(demo, {})
    assert settings.profile == "yancheng"
    assert settings.demo.acts[-1] == settings.as_of
    assert len(settings.demo.acts) == 2


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _personal(resource: Resource) -> Iterator[Column]:
    return (c for c in resource.columns if c.type in ("citizen_id", "person_name", "subject_identifier"))
