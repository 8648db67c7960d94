"""What lies open is judged by today's labels and policy, with the sources that it was published from."""

from dataclasses import replace

import pytest
from made_city import ENTITIES, LIST, POPULATION, release

from masking.published import Published, columns_today, published_refusals
from resource_catalogue.settings import OpeningSettings

POLICY = OpeningSettings()
OPEN_LIST = Published(
    LIST.id,
    "list",
    "open_to_all",
    LIST.columns,
    {column.name: (f"standard.market__entities.{column.name}",) for column in LIST.columns},
    None,
)
CELLS = Published(
    POPULATION.id,
    "statistics",
    "open_to_all",
    POPULATION.columns,
    {
        "county_division_code": ("base.person.county_division_code",),
        "sex": ("base.person.sex",),
        "date_of_birth": ("base.person.date_of_birth",),
        "persons": (),
    },
    25,
)


def test_nothing_speaks_against_what_is_admitted_today_as_it_was() -> None:
    assert published_refusals(release(LIST), LIST, OPEN_LIST, POLICY) == []
    assert published_refusals(release(POPULATION), POPULATION, CELLS, POLICY) == []


def test_a_looser_type_than_the_present_one_is_refused() -> None:
    stricter = LIST.model_copy(update={"open_type": "conditional"})
    found = published_refusals(release(stricter), stricter, OPEN_LIST, POLICY)
    assert [refusal.column for refusal in found] == [""]
    assert "open_to_all" in found[0].text
    as_declared = replace(OPEN_LIST, open_type="conditional")
    assert published_refusals(release(stricter), stricter, as_declared, POLICY) == []


@pytest.mark.parametrize(("k", "is_refused"), [(25, False), (26, True)])
def test_published_cells_are_held_against_the_present_minimum(k: int, is_refused: bool) -> None:
    policy = OpeningSettings(k_open_to_all=k)
    assert bool(published_refusals(release(POPULATION), POPULATION, CELLS, policy)) is is_refused


def test_a_source_that_the_release_does_not_know_any_more_is_closed() -> None:
    shorter = ENTITIES.model_copy(update={"columns": tuple(c for c in ENTITIES.columns if c.name != "scope")})
    found = published_refusals(release(LIST, resources=(shorter,)), LIST, OPEN_LIST, POLICY)
    assert [refusal.column for refusal in found] == ["scope"]


def test_a_mask_lowers_the_label_of_a_published_column_as_it_does_for_a_new_one() -> None:
    after = {c.column.name: c.after for c in columns_today(release(LIST), OPEN_LIST)}
    assert after["entity_name"] == "open_to_all"
    bare = tuple(c.model_copy(update={"mask": None}) for c in LIST.columns)
    unmasked = replace(OPEN_LIST, columns=bare)
    assert {c.column.name: c.after for c in columns_today(release(LIST), unmasked)}[
        "entity_name"
    ] == "conditional"
