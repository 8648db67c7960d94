"""Which share of long tests a short run tries, drawn anew for each run; a whole one tries all."""

import os
import random
from collections.abc import Sequence

DEAR = 4
"""How many of the tests marked ``dear`` a short run tries."""


def left_out(names: Sequence[str]) -> set[str]:
    """Return which of the dear tests this run leaves out; none where it has few, or ``TEST_WHOLE`` is set."""
    if os.environ.get("TEST_WHOLE") or len(names) <= DEAR:
        return set()
    return set(names) - set(random.Random(int(os.environ["TEST_SEED"])).sample(sorted(names), DEAR))


def examples(count: int) -> int:
    """Return how many examples a dear property test draws: all in a whole run, half of them otherwise."""
    return count if os.environ.get("TEST_WHOLE") else max(count // 2, 1)
