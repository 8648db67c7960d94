"""An authority of a lower tier has no say in what this tier takes in or raises."""

import datetime as dt
from dataclasses import replace

import pytest
from casework_city import City

from casework.actors import Actor
from casework.delivery_decision import decide_delivery
from casework.rectification import raising_agency
from casework.state import State
from resource_catalogue.errors import NotPermitted
from resource_catalogue.release import Release

DAY = dt.date(2026, 3, 16)
AS_OF = dt.datetime(2026, 3, 16, 1, tzinfo=dt.UTC)


def with_county(release: Release) -> Release:
    """Add a county with an authority and an operator of its own, whose ids come first."""
    agencies = dict(release.catalogue.agencies)
    for role, own in (("authority", "data_bureau"), ("operator", "data_centre")):
        county = {"id": f"a_county_{role}", "tier": "county", "division_code": "329921"}
        agencies[county["id"]] = agencies[own].model_copy(update=county)
    return replace(release, catalogue=replace(release.catalogue, agencies=agencies))


def test_tasks_are_raised_by_the_body_of_this_tier(city: City) -> None:
    assert raising_agency(with_county(city.release), DAY) == raising_agency(city.release, DAY)


@pytest.mark.parametrize("role", ["authority", "operator"])
def test_a_quality_officer_of_a_county_does_not_decide_on_a_held_delivery(
    city: City, state: State, role: str
) -> None:
    city.delivery("d9", "held")
    actor = Actor(f"a_county_{role}", "quality_officer")
    with pytest.raises(NotPermitted):
        decide_delivery(state, city.lake, with_county(city.release), "d9", "accept", actor, "县里认可", AS_OF)
