"""Make the persons of the fictional city, each from its index alone.

Here: identity and household of a person. Not here: feeds, faults.
"""

import datetime as dt
from array import array
from typing import NamedTuple

from data.generator import check_characters, names
from data.generator.chance import Dice, Scatter
from data.generator.city import COUNTY, DISTRICT, DIVISION_NAMES, phone

_PYRAMID = {1930: 1, 1940: 3, 1950: 8, 1960: 12, 1970: 12, 1980: 14, 1990: 12, 2000: 9, 2010: 9, 2020: 5}
_YEARS = [
    (year, share)
    for decade, weight in _PYRAMID.items()
    for year in range(decade, min(decade + 10, 2026))
    for share in range(weight)
]
_HALF = 35
"""Sequence numbers of one share and area slot: 14 shares x 2 slots x 35 stay below 999."""
_SLOTS = 3 * len(_YEARS) * 365 * _HALF
_NEW_YEAR = {year: dt.date(year, 1, 1).toordinal() for year in range(1930, 2026)}
_NATIONALITIES = ("01",) * 28 + ("02", "03", "06", "11")


class Person(NamedTuple):
    """One natural person of the city."""

    citizen_id: str
    name: str
    sex: str
    born: dt.date
    division: str
    address: str
    nationality: str
    phone: str


class People:
    """Hold all persons of a seed by index.

    Args:
        seed: Seed of the deployment.
        count: Number of persons; at most 31 million numbers exist.
    """

    def __init__(self, seed: int, count: int) -> None:
        self.count = count
        self._scatter = Scatter(Dice(seed, "person slots"), _SLOTS, is_even=True)
        self._dice = Dice(seed, "person")

    def number_parts(self, index: int) -> tuple[str, int, int, int]:
        """Return division, year of birth, day of the year (0-based) and sequence number of a person."""
        slot, within = divmod(self._scatter.at(index), _HALF)
        slot, day = divmod(slot, 365)
        area, token = divmod(slot, len(_YEARS))
        year, share = _YEARS[token]
        return DISTRICT if area < 2 else COUNTY, year, day, 1 + (share * 2 + area % 2) * _HALF + within

    def person(self, index: int) -> Person:
        """Make the person at an index."""
        division, year, day, sequence = self.number_parts(index)
        born = dt.date.fromordinal(_NEW_YEAR[year] + day)
        throw = self._dice.at(index)
        return Person(
            check_characters.citizen_id(f"{division}{year}{born.month:02d}{born.day:02d}{sequence:03d}"),
            names.person_name(throw),
            "1" if sequence % 2 else "2",
            born,
            division,
            names.address(DIVISION_NAMES[division], throw >> 24),
            _NATIONALITIES[throw >> 59],
            phone(throw >> 11),
        )

    def born_between(self, first_year: int, last_year: int) -> "array[int]":
        """List the indices of persons born in these years, both included."""
        return array(
            "L", (i for i in range(self.count) if first_year <= self.number_parts(i)[1] <= last_year)
        )

    def of_division(self, division: str) -> "array[int]":
        """List the indices of persons whose household is in a division."""
        return array("L", (i for i in range(self.count) if self.number_parts(i)[0] == division))
