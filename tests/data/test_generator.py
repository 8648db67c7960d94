"""The generator is reproducible, draws its faults from the seed and bears no real number."""

import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.generator import city, names
from data.generator.__main__ import generate
from data.generator.agencies.health import deaths
from data.generator.chance import Dice, Scatter
from data.generator.identifier_faults import wrong_citizen_id
from data.generator.organisations import Organisations, with_wrong_inner_check
from data.generator.people import People
from data.generator.world import World
from norms import certificate_identifier, citizen_id, credit_code

ROOT = Path(__file__).parents[2]
SEED = 20260316
MOST_BYTES = 5_000_000


def _digests(folder: Path) -> dict[str, str]:
    paths = [*(folder / "feeds").rglob("*"), folder / "truth.json"]
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    generate(3, tmp_path / "one", 400, 300)
    generate(3, tmp_path / "two", 400, 300)
    assert _digests(tmp_path / "one") == _digests(tmp_path / "two")


def test_another_seed_strikes_other_rows(tmp_path: Path) -> None:
    first, second = (
        {(e.rule_id, e.row_number) for e in generate(seed, tmp_path / str(seed), 400, 300).entries}
        for seed in (3, 4)
    )
    assert len(first & second) < len(first) / 2


@pytest.mark.parametrize("seed", [637961, 618833, 643369, 429123])
def test_no_seed_gathers_its_people_in_a_few_years_or_in_one_division(seed: int) -> None:
    people = People(seed, 400)
    decades = Counter(people.number_parts(index)[1] // 10 for index in range(400))
    assert len(decades) == 10
    assert max(decades.values()) < 100
    assert all(len(people.of_division(division)) > 80 for division in (city.DISTRICT, city.COUNTY))


@given(st.dates(dt.date(1930, 1, 1), dt.date(2026, 1, 1)), st.integers(0, 999))
def test_a_wrong_id_number_is_wrong_as_a_credit_code_too(born: dt.date, place: int) -> None:
    first = f"329901{born:%Y%m%d}{place:03}"
    wrong = wrong_citizen_id(first + citizen_id.check_character(first))
    assert wrong[:17] == first
    assert citizen_id.normalise(wrong).value is None
    assert credit_code.normalise(wrong).value is None


def test_a_small_city_that_chance_spares_has_a_death_to_tell_of() -> None:
    world = World.make(540, 400, 250)
    (oldest,) = deaths(world).subjects
    assert world.people.person(oldest).born == min(world.people.person(i).born for i in range(400))


def test_the_committed_feeds_are_those_of_the_seed(tmp_path: Path, demo: Path) -> None:
    pytest.importorskip("xlwt")
    generate(SEED, tmp_path)
    assert _digests(demo) == _digests(tmp_path)


def test_the_committed_demo_is_small(demo: Path) -> None:
    sizes = [path.stat().st_size for path in demo.rglob("*") if path.is_file() and "var" not in path.parts]
    assert sum(sizes) < MOST_BYTES


def test_the_catalogue_does_not_depend_on_the_generator(tmp_path: Path) -> None:
    generate(3, tmp_path, 400, 300)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feeds", "truth.json"]


def test_the_command_writes_a_city_of_the_size_asked_for(tmp_path: Path) -> None:
    options = ["--seed", "5", "--out", str(tmp_path), "--persons", "300", "--organisations", "200"]
    subprocess.run([sys.executable, "-m", "data.generator", *options], check=True, cwd=ROOT)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert (truth["seed"], truth["persons"], truth["organisations"]) == (5, 300, 200)
    rows = sum(
        len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in tmp_path.rglob("household_*.csv")
    )
    doubles = sum(
        e["kind"] == "duplicate" and e["resource"] == "police.household_registration"
        for e in truth["entries"]
    )
    assert rows == 300 + doubles // 2


def test_the_generator_imports_no_room_of_the_project() -> None:
    code = (
        "import sys, data.generator.__main__;"
        "rooms = {'norms', 'resource_catalogue', 'lake', 'ingestion', 'expectations', 'masking', 'casework'};"
        "sys.exit(bool(rooms & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 999_999))
def test_persons_have_valid_numbers_of_the_fictional_city(seed: int, index: int) -> None:
    person = People(seed, 1_000_000).person(index)
    assert citizen_id.normalise(person.citizen_id).code is None
    assert person.citizen_id[:6] == person.division in (city.DISTRICT, city.COUNTY)
    assert citizen_id.born_on(person.citizen_id) == person.born
    assert 1930 <= person.born.year <= 2025
    assert citizen_id.sex(person.citizen_id) == ("male" if person.sex == "1" else "female")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 99_999))
def test_organisations_have_valid_codes(seed: int, index: int) -> None:
    organisation = Organisations(seed, 100_000, People(seed, 1000)).organisation(index)
    assert credit_code.normalise(organisation.credit_code).code is None
    assert organisation.established <= organisation.approved <= city.HORIZON
    assert credit_code.normalise(with_wrong_inner_check(organisation.credit_code)).code is not None


def test_no_number_is_given_twice() -> None:
    people = People(SEED, 60_000)
    organisations = Organisations(SEED, 60_000, people)
    assert len({people.person(i).citizen_id for i in range(60_000)}) == 60_000
    assert len({organisations.organisation(i).credit_code for i in range(60_000)}) == 60_000


@given(st.integers(0, 2**40), st.integers(2, 500))
def test_scattering_reaches_every_slot_once(seed: int, slots: int) -> None:
    scatter = Scatter(Dice(seed, "test"), slots)
    assert sorted(scatter.at(i) for i in range(slots)) == list(range(slots))


@given(st.integers(0, 2**64 - 1))
def test_names_are_composed_of_the_syllables(number: int) -> None:
    name = names.person_name(number)
    assert name[0] in names.SURNAMES
    assert 2 <= len(name) <= 3
    assert set(name[1:]) <= set(names.GIVEN)


def test_certificate_identifiers_carry_the_check_character_of_the_norm(demo: Path) -> None:
    lines = (
        (demo / "feeds/2026-03-16/administrative_approval/licences.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    codes = [certificate_identifier.normalise(line.split(",")[2]).code for line in lines[1:]]
    assert codes.count(None) == len(codes) - 6
