"""A replaced resource retires when its day has come and its successor can be used, not before."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from lake import Lake
from lake.register import roles
from lake.releases import current_release, publish, set_state
from lake.retirement import replacements_on, retire_replaced
from lake.tables import DELIVERIES, RESULTS
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.errors import CatalogueError
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.replacement import replacement_of
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from tests.expectations.conftest import a_delivery, a_resource, write_system
from tests.reporting.reporting_city import an_agency

ZONE = dt.timezone(dt.timedelta(hours=8))
OLD, NEW, NEXT = "market.entities", "market.register", "market.registry"
POSTS = ("bureau/registrar", "bureau/reviewer")
pytestmark = pytest.mark.requirement("H-34")


def at(day: int) -> dt.datetime:
    """Return nine o'clock of a day in April 2026."""
    return dt.datetime(2026, 4, day, 9, tzinfo=ZONE)


def organisation(name: str, **more: Any) -> Resource:
    """Declare a resource that claims names of organisations."""
    columns = [
        {"name": "code", "type": "credit_code", "base": "organisation.credit_code"},
        {"name": "title", "type": "text", "base": "organisation.name"},
    ]
    return a_resource(columns, id=name, **more)


def published(lake: Lake, *resources: Resource) -> Release:
    """Publish resources whose register names the old one as the source, compared with the new one."""
    entry = {
        "attribute": ["credit_code", "name"], "source": OLD, "compare": [NEW], "valid": {"from": "2026-01-01"},
        "decided": {"by": "bureau", "doc_no": "1", "on": "2025-12-20"},
    }  # fmt: skip
    register = {"base": "organisation", "entity": "organisation", "entries": [entry]}
    catalogue = Catalogue(
        agencies={"bureau": an_agency("bureau")},
        resources={one.id: one for one in resources},
        registers={"organisation": SourceRegister.model_validate(register)},
    )
    return publish(lake, catalogue, load_profile("xinjiang"), at(1), *POSTS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Open a lake where the old resource, retiring on the tenth, has a delivery, and its successor none."""
    made = Lake(tmp_path / "lake", threads=1)
    old = organisation(OLD, replaced_by=NEW, retires_on="2026-04-10")
    published(made, old, organisation(NEW))
    write_system(made, DELIVERIES, [a_delivery(resource_id=OLD)])
    return made


def delivered(lake: Lake, state: str = "loaded") -> None:
    """Let the successor deliver."""
    rows = [a_delivery(resource_id=OLD), a_delivery(delivery_id="d2", resource_id=NEW, state=state)]
    write_system(lake, DELIVERIES, rows)


def progress(lake: Lake, day: int) -> tuple[str, int]:
    """Return how far the replacement is on a day."""
    (one,) = replacements_on(lake, current_release(lake), at(day))
    return one.progress, one.days_waiting


def test_it_stays_in_force_until_its_day_and_then_waits_for_its_successor(lake: Lake) -> None:
    assert [progress(lake, day) for day in (9, 10, 14)] == [("announced", 0), ("waiting", 0), ("waiting", 4)]
    delivered(lake, "held")
    assert progress(lake, 14) == ("waiting", 4)
    assert retire_replaced(lake, at(14)) == ()
    (one,) = replacements_on(lake, current_release(lake), at(14))
    assert "已延迟4天" in one.label.zh
    assert "2026-04-10" in one.label.en


def test_a_successor_with_data_retires_it_on_its_day_by_a_release_of_the_same_posts(lake: Lake) -> None:
    delivered(lake)
    assert retire_replaced(lake, at(9)) == ()
    assert progress(lake, 10) == ("due", 0)
    assert retire_replaced(lake, at(10)) == (OLD,)
    release = current_release(lake)
    assert (release.number, release.states) == (2, {OLD: "retired", NEW: "listed"})
    assert (release.registered_by, release.reviewed_by) == POSTS
    assert progress(lake, 11) == ("retired", 0)
    # A second time nothing is published.
    assert retire_replaced(lake, at(11)) == ()
    assert current_release(lake).number == 2


def test_a_successor_whose_data_a_rule_blocks_is_not_usable(lake: Lake) -> None:
    delivered(lake)
    blocked = {
        "rule_id": f"{NEW}:x", "rule_version": "1", "check": "unique", "indicator": "0301", "severity": "block",
        "agency_id": "market", "resource_id": NEW, "column": "", "evaluated": 1, "unexpected": 1,
        "state": "failed", "fingerprint": "", "as_of": at(10), "release": 1, "profile": "p@1",
    }  # fmt: skip
    write_system(lake, RESULTS, [blocked])
    assert progress(lake, 10) == ("waiting", 0)


def test_a_person_cannot_retire_it_before_its_successor_has_data(lake: Lake) -> None:
    with pytest.raises(CatalogueError) as refused:
        set_state(lake, OLD, "retired", at(2), *POSTS)
    assert NEW in str(refused.value)
    delivered(lake)
    assert set_state(lake, OLD, "retired", at(2), *POSTS).states[OLD] == "retired"


def test_the_successor_takes_its_place_in_the_source_register(lake: Lake) -> None:
    before = {(row[1], row[2], row[4]) for row in roles(current_release(lake), at(9).date())}
    assert ("name", OLD, "source") in before
    assert ("name", NEW, "comparison") in before
    delivered(lake)
    retire_replaced(lake, at(10))
    after = {(row[1], row[2], row[4]) for row in roles(current_release(lake), at(10).date())}
    assert after == {("name", NEW, "source"), ("credit_code", NEW, "source")}


def test_a_chain_of_replacements_leads_to_the_last(lake: Lake) -> None:
    delivered(lake)
    retire_replaced(lake, at(10))
    old = organisation(OLD, replaced_by=NEW, retires_on="2026-04-10")
    new = organisation(NEW, replaced_by=NEXT)
    published(lake, old, new, organisation(NEXT))
    assert f"to be replaced by {NEXT}" in str(replacement_of(current_release(lake), NEW))
    release = current_release(lake)
    write_system(lake, DELIVERIES, [a_delivery(resource_id=NEXT)])
    release = set_state(lake, NEW, "retired", at(12), *POSTS)
    assert f"retired; replaced by {NEXT}" in str(replacement_of(release, OLD))
    assert {row[2] for row in roles(release, at(12).date())} == {NEXT}
