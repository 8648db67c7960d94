"""Releases: frozen in tables, numbered, reviewed by a second post, whole or not there at all."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lake.release_rows import ENTRIES, RELEASES
from lake.releases import (
    current_release,
    publish,
    release,
    release_numbers,
    set_state,
)
from lake.store import Lake
from resource_catalogue.agency import Agency
from resource_catalogue.catalogue import Catalogue, load_draft
from resource_catalogue.code_list import Code, CodeList
from resource_catalogue.dataset import Dataset
from resource_catalogue.errors import CatalogueError
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister

AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
LATER = AS_OF + dt.timedelta(days=9)
REGISTRAR, REVIEWER = "market/registrar", "market/reviewer"
DEMO = Path(__file__).parents[2] / "data" / "demo" / "catalogue"


def agency() -> Agency:
    """Return an agency with two posts."""
    title = {"zh": "岗位"}
    return Agency.model_validate(
        {
            "id": "market",
            "name": {"zh": "市场监管局"},
            "short_name": {"zh": "市监"},
            "tier": "city",
            "node": "city",
            "credit_code": "11329900009000015E",
            "legal_kind": "administrative_organ",
            "division_code": "329900",
            "functions": ["market_regulation"],
            "valid": {"from": "2019-01-10", "to": "2030-12-31"},
            "posts": [{"post": "registrar", "title": title}, {"post": "reviewer", "title": title}],
        }
    )


def resource(name: str = "market.registration") -> Resource:
    """Return a resource with every kind of value: labels, dates, aliases, numbers."""
    return Resource.model_validate(
        {
            "id": name,
            "code": "1/1",
            "name": {"zh": "登记"},
            "summary": {"zh": "登记"},
            "class": "department",
            "categories": ["market"],
            "agencies": dict.fromkeys(("collecting", "reviewing", "providing"), "market"),
            "obtained_by": "collected",
            "form": "structured",
            "format": "file",
            "subject": "organisation",
            "grain": {"zh": "每行一户"},
            "key": ["credit_code"],
            "collected": {"at": "2026-01-01"},
            "covers": {"since": "1949-10-01"},
            "update": {"frequency": "weekly"},
            "share": {"type": "open_to_all"},
            "open": {"type": "open_to_all"},
            "source": {"path": "market/*.csv"},
            "columns": [
                {
                    "name": "credit_code",
                    "zh": "代码",
                    "from": "信用代码",
                    "type": "credit_code",
                    "required": True,
                    "base": "organisation.credit_code",
                    "open": "conditional",
                }
            ],
            "rules": [
                {
                    "id": "r",
                    "check": "order",
                    "indicator": "0503",
                    "arguments": {"days": 3, "share": 0.5, "on": True},
                }
            ],
        }
    )


def small_catalogue() -> Catalogue:
    """Return one entry of each kind."""
    register = {
        "base": "organisation",
        "entity": "organisation",
        "entries": [
            {
                "attribute": ["credit_code"],
                "scope": {"registrar": "9", "is_local": True},
                "valid": {"from": "2026-01-01"},
                "source": "market.registration",
                "decided": {"by": "authority", "doc_no": "1号", "on": "2025-12-20"},
            }
        ],
    }
    dataset = {
        "id": "entities",
        "title": {"zh": "主体"},
        "summary": {"zh": "主体"},
        "agency": "market",
        "kind": "list",
        "entry": "market.registration",
        "open_type": "open_to_all",
        "categories": ["market"],
        "update_frequency": "weekly",
        "sources": ["market.registration"],
        "columns": [{"name": "entity_name", "zh": "名称"}],
    }
    codes = (
        Code(
            "110101", "东城区", dt.date(1949, 10, 1), dt.date(2010, 6, 1), "county", ("110102", "110103"), "x"
        ),
        Code("1", "一"),
    )
    return Catalogue(
        {"market": agency()},
        {"market.registration": resource()},
        {"organisation": SourceRegister.model_validate(register)},
        {"entities": Dataset.model_validate(dataset)},
        {"divisions": CodeList("divisions", codes)},
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Give an empty lake."""
    return Lake(tmp_path / "lake")


def published(lake: Lake, catalogue: Catalogue | None = None, **more: Any) -> Release:
    """Publish under the profile of Yancheng."""
    arguments: dict[str, Any] = {"as_of": AS_OF, "registered_by": REGISTRAR, "reviewed_by": REVIEWER} | more
    return publish(lake, catalogue or small_catalogue(), load_profile("yancheng"), **arguments)


def test_a_release_comes_back_from_the_tables_as_it_was_published(lake: Lake) -> None:
    made = published(lake)
    assert made == current_release(lake) == release(lake, 1)
    assert (made.number, made.citation) == (1, "1 (yancheng@1)")
    assert made.catalogue == small_catalogue()
    assert made.profile == load_profile("yancheng")
    assert list(made.profile.dimensions) == list(load_profile("yancheng").dimensions)
    assert made.published_at == AS_OF
    assert made.published_at.tzinfo is not None
    assert (made.registered_by, made.reviewed_by) == (REGISTRAR, REVIEWER)
    assert made.states == {"market.registration": "listed", "entities": "listed"}
    assert [r.id for r in made.listed_resources()] == ["market.registration"]


def test_publishing_the_same_catalogue_again_makes_no_release_and_no_table_version(lake: Lake) -> None:
    first = published(lake)
    versions = lake.versions([RELEASES, ENTRIES])
    assert published(lake, as_of=LATER) == first
    assert lake.versions([RELEASES, ENTRIES]) == versions


@pytest.mark.requirement("C-07")
def test_each_change_makes_the_next_number_and_leaves_earlier_releases_as_they_were(lake: Lake) -> None:
    first = published(lake)
    more = replace(
        small_catalogue(),
        resources={"market.registration": resource(), "market.more": resource("market.more")},
    )
    second = published(lake, more, as_of=LATER)
    third = publish(lake, more, load_profile("weihai"), LATER, REGISTRAR, REVIEWER)
    assert (second.number, third.number, release_numbers(lake)) == (2, 3, [1, 2, 3])
    assert len({first.hash, second.hash, third.hash}) == 3
    assert release(lake, 1) == first
    assert release(lake, 2) == second
    assert current_release(lake).profile.id == "weihai"


def test_without_a_release_the_message_says_what_to_do(lake: Lake) -> None:
    with pytest.raises(CatalogueError) as caught:
        current_release(lake)
    assert "publish" in caught.value.remedy
    assert caught.value.exit_code == 3
    published(lake)
    with pytest.raises(CatalogueError, match="no release 7"):
        release(lake, 7)


@pytest.mark.parametrize(
    ("registered_by", "reviewed_by", "words"),
    [
        (REGISTRAR, REGISTRAR, "the same"),
        ("market/steward", REVIEWER, "market/steward"),
        (REGISTRAR, "nobody/reviewer", "nobody/reviewer"),
        (REGISTRAR, "market", "no such agency or post"),
    ],
)
@pytest.mark.requirement("C-05", "C-16")
def test_a_release_needs_two_posts_that_exist(
    lake: Lake, registered_by: str, reviewed_by: str, words: str
) -> None:
    with pytest.raises(CatalogueError, match=words):
        published(lake, registered_by=registered_by, reviewed_by=reviewed_by)
    assert release_numbers(lake) == []


def test_a_post_of_an_agency_that_is_no_longer_in_office_may_not_publish(lake: Lake) -> None:
    with pytest.raises(CatalogueError, match="in office"):
        published(lake, as_of=dt.datetime(2031, 1, 1, tzinfo=dt.UTC))


def test_a_killed_publish_leaves_no_release_and_the_next_one_overwrites_what_it_left(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published(lake)
    abandoned = replace(
        small_catalogue(), resources={n: resource(n) for n in ("market.lost", "market.registration")}
    )
    with monkeypatch.context() as patch:
        patch.setattr(lake, "append", _killed)
        with pytest.raises(KeyboardInterrupt):
            published(lake, abandoned)
    assert lake.read(ENTRIES).filter(pl.col("release") == 2)["id"].to_list().count("market.lost") == 1
    assert current_release(lake) == first
    wanted = replace(
        small_catalogue(), resources={n: resource(n) for n in ("market.kept", "market.registration")}
    )
    second = published(lake, wanted)
    assert second.number == 2
    assert list(release(lake, 2).catalogue.resources) == ["market.kept", "market.registration"]
    assert "market.lost" not in lake.read(ENTRIES)["id"].to_list()


def _killed(*_: Any, **__: Any) -> int:
    raise KeyboardInterrupt


def test_another_state_is_another_release_and_survives_the_next_publish(lake: Lake) -> None:
    first = published(lake)
    suspended = set_state(lake, "market.registration", "suspended", LATER, REGISTRAR, REVIEWER)
    assert (suspended.number, suspended.hash) == (2, first.hash)
    assert suspended.states == {"market.registration": "suspended", "entities": "listed"}
    assert suspended.listed_resources() == []
    assert len(suspended.listed_datasets()) == 1
    assert set_state(lake, "market.registration", "suspended", LATER, REGISTRAR, REVIEWER) == suspended
    more = replace(
        small_catalogue(),
        resources={"market.registration": resource(), "market.more": resource("market.more")},
    )
    third = published(lake, more, as_of=LATER)
    assert third.states == {"market.registration": "suspended", "market.more": "listed", "entities": "listed"}
    resumed = set_state(lake, "market.registration", "listed", LATER, REGISTRAR, REVIEWER)
    assert resumed.number == 4
    assert len(resumed.listed_resources()) == 2


def test_a_state_for_an_entry_that_is_not_there_is_refused(lake: Lake) -> None:
    published(lake)
    with pytest.raises(CatalogueError, match=r"market\.gone"):
        set_state(lake, "market.gone", "retired", LATER, REGISTRAR, REVIEWER)
    with pytest.raises(CatalogueError, match="market"):
        set_state(lake, "market", "retired", LATER, REGISTRAR, REVIEWER)
    assert release_numbers(lake) == [1]


def test_a_body_that_this_version_cannot_read_is_said_without_its_content(lake: Lake) -> None:
    published(lake)
    rows = lake.read(ENTRIES)
    spoilt = rows.with_columns(body=pl.col("body").str.replace('"class":"department"', '"class":"colour"'))
    lake.overwrite(ENTRIES, spoilt)
    with pytest.raises(CatalogueError, match="Resource") as caught:
        current_release(lake)
    assert "colour" not in str(caught.value)


def test_a_release_is_read_without_the_catalogue_files(lake: Lake, tmp_path: Path) -> None:
    if not list(DEMO.glob("resources/*/*.yml")):
        pytest.skip("the demo catalogue is not there")
    folder = tmp_path / "catalogue"
    shutil.copytree(DEMO, folder)
    catalogue = load_draft(folder).catalogue
    made = publish(
        lake,
        catalogue,
        load_profile("yancheng"),
        AS_OF,
        "market_regulation/registrar",
        "market_regulation/reviewer",
    )
    shutil.rmtree(folder)
    assert current_release(lake) == made
    assert made.catalogue == catalogue
