"""Write the feeds of the fictional city: ``python -m data.generator --seed N --out DIR``.

Here: the command line and the order of agencies. Not here: what they send.
"""

import argparse
from collections.abc import Collection
from pathlib import Path

from data.generator.agencies import (
    administrative_approval,
    civil_affairs,
    ecology,
    health,
    housing_fund,
    human_resources,
    market_regulation,
    natural_resources,
    police,
    staffing_office,
)
from data.generator.feed import Feed
from data.generator.truth import Truth
from data.generator.world import World

AGENCIES = (
    market_regulation,
    civil_affairs,
    staffing_office,
    police,
    health,
    human_resources,
    housing_fund,
    natural_resources,
    administrative_approval,
    ecology,
)
"""Sources of the register come before the feeds that are compared with them."""


def feeds_of(world: World, truth: Truth) -> list[Feed]:
    """Make all feeds of a city and record their faults."""
    return [feed for agency in AGENCIES for feed in agency.make(world, truth)]


def generate(
    seed: int, out: Path, persons: int = 5000, organisations: int = 2000, only: Collection[str] = ()
) -> Truth:
    """Write ``feeds/`` and ``truth.json`` below a folder.

    All feeds are made in any case, because what one agency sends spares the rows of another.

    Args:
        seed: Decides every person, organisation and fault.
        out: Folder of the deployment; files of an earlier run are overwritten, others stay.
        persons: Number of persons.
        organisations: Number of organisations.
        only: Ids of the resources that are written and told of; none means all.

    Returns:
        Everything that was planted in what was written.
    """
    world, truth = World.make(seed, persons, organisations), Truth()
    for feed in feeds_of(world, truth):
        if not only or feed.resource in only:
            feed.write(out / "feeds")
    if only:
        truth.entries = [entry for entry in truth.entries if entry.resource in only]
    truth.write(out / "truth.json", {"seed": seed, "persons": persons, "organisations": organisations})
    return truth


def main() -> None:
    """Read the options and write the feeds."""
    parser = argparse.ArgumentParser(prog="python -m data.generator", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--persons", type=int, default=5000)
    parser.add_argument("--organisations", type=int, default=2000)
    parser.add_argument("--only", nargs="+", default=(), metavar="RESOURCE", help="write only these feeds")
    arguments = parser.parse_args()
    generate(arguments.seed, arguments.out, arguments.persons, arguments.organisations, arguments.only)


if __name__ == "__main__":
    main()
