"""Which share of long tests a short run tries, drawn anew for each run; a whole one tries all."""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")


def share(cases: Sequence[Case], count: int) -> list[Case]:
    """Return some of the cases in their order, by the seed of this run; all where ``TEST_WHOLE`` is set."""
    if os.environ.get("TEST_WHOLE"):
        return list(cases)
    chosen = random.Random(int(os.environ["TEST_SEED"])).sample(range(len(cases)), count)
    return [cases[place] for place in sorted(chosen)]


def examples(count: int) -> int:
    """Return how many examples a dear property test draws: all in a whole run, a quarter of them otherwise."""
    return count if os.environ.get("TEST_WHOLE") else max(count // 4, 1)
