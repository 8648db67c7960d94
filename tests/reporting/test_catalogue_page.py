"""The catalogue page: each entry with its types, and which of them have data, in both languages."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from reporting_city import City
from test_report_page import outline

from reporting.catalogue_page import gather_catalogue, write_catalogue_page
from reporting.page import template
from resource_catalogue.joint_collection import JointCollection
from resource_catalogue.release import ENTRY_STATES
from resource_catalogue.resource import FREQUENCIES, Frequency

AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def page(city: City) -> str:
    return write_catalogue_page(city.deployment, city.lake, city.release, AS_OF).read_text(encoding="utf-8")


def test_every_entry_stands_there_with_its_types_in_the_words_of_the_profile(city: City, page: str) -> None:
    types = city.release.profile.share_types
    words = {"open_to_all": types.open_to_all, "conditional": types.conditional, "none": types.none}
    for resource in city.release.catalogue.resources.values():
        row = page.split(f"<code>{resource.id}</code>")[-1].split("</tr>")[0]
        label = words[resource.share.type]
        assert label is not None
        assert label.zh in row


def test_the_rate_is_that_of_the_data_that_lie_there(city: City, page: str) -> None:
    told = gather_catalogue(city.deployment, city.lake, city.release, AS_OF.date())
    assert told.coverage.total.listed == sum(line.state == "listed" for line in told.entries)
    assert told.coverage.total.with_data == sum(line.has_data for line in told.entries)
    rate = told.coverage.total.attachment_rate
    assert rate is not None
    assert f"{rate * 100:.2f} %" in page


@pytest.mark.requirement("K-09")
def test_registered_joint_collections_stand_there_with_duties_and_agreement(city: City, page: str) -> None:
    assert "协同采集登记" not in page
    members = [
        {"agency": "market", "duty": {"zh": "登记设立"}, "scope": {"zh": "企业"}},
        {"agency": "labour", "duty": {"zh": "登记参保"}},
    ]
    joint = JointCollection.model_validate(
        {
            "id": "units", "item": {"zh": "用人单位"}, "resources": ["labour.units"], "lead": "market",
            "members": members, "agreed": {"doc_no": "示发〔2025〕1号", "on": "2025-12-01"},
            "valid": {"from": "2026-01-01", "to": "2026-02-28"},
        }
    )  # fmt: skip
    catalogue = replace(city.release.catalogue, joint_collections={"units": joint})
    release = replace(city.release, catalogue=catalogue)
    told = gather_catalogue(city.deployment, city.lake, release, AS_OF.date())
    text = template("catalogue.html.j2").render(page=told)
    row = text.split("<code>units</code>")[1].split("</tr>")[0]
    for said in ("登记设立", "企业", "登记参保", "示发〔2025〕1号", "已到期"):
        assert said in row
    assert outline(text).misnested == []


def test_the_page_is_well_formed_and_needs_nothing_from_outside(page: str) -> None:
    told = outline(page)
    assert (told.open, told.misnested) == ([], [])
    assert not re.search(r"(src|href)=\"(?!#)", page)


def test_the_same_content_leaves_the_file_untouched(city: City, page: str) -> None:
    path = city.deployment.var / "report" / "catalogue.html"
    before = path.stat().st_mtime_ns
    write_catalogue_page(city.deployment, city.lake, city.release, AS_OF)
    assert path.stat().st_mtime_ns == before


def test_every_frequency_and_state_has_its_word() -> None:
    assert set(FREQUENCIES) == set(Frequency.__args__)
    assert all(label.en for label in (*ENTRY_STATES.values(), *FREQUENCIES.values()))
