"""Draw reproducible values at any index without a running state.

Here: the mixing function and the scattering of indices over slots. Not here: what the values mean. Being
stateless, a row can be made again wherever another feed refers to it, and a million rows need no memory.
"""

import math
import zlib
from itertools import chain, count

MASK = (1 << 64) - 1
_FEW, _LARGEST_TERM = 5000, 100


class Dice:
    """Throw one 64-bit number per index for a named purpose.

    Args:
        seed: Seed of the whole deployment.
        purpose: Name that makes this sequence independent of others.

    >>> Dice(1, "a").at(0) == Dice(1, "a").at(0)
    True
    """

    __slots__ = ("_base",)

    def __init__(self, seed: int, purpose: str) -> None:
        self._base = (seed * 0x9E3779B97F4A7C15 + (zlib.crc32(purpose.encode()) << 32)) & MASK

    def at(self, index: int) -> int:
        """Return the number at an index (the splitmix64 finaliser)."""
        z = (self._base + (index + 1) * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


class Scatter:
    """Map indices one-to-one onto slots in an order that looks random.

    Args:
        dice: Source of the two constants of the affine map.
        slots: Number of slots; more indices than slots would repeat.
        is_even: Whether a few hundred indices must lie all over the slots already.
    """

    __slots__ = ("_offset", "_slots", "_step")

    def __init__(self, dice: Dice, slots: int, is_even: bool = False) -> None:
        throws = chain((0,), count(2))
        steps = (_coprime(dice.at(throw), slots) for throw in throws)
        self._step = next(step for step in steps if not (is_even and _clumps(step, slots)))
        self._offset, self._slots = dice.at(1) % slots, slots

    def at(self, index: int) -> int:
        """Return the slot of an index."""
        return (self._step * index + self._offset) % self._slots


def _coprime(throw: int, slots: int) -> int:
    """Return the first step from a throw on that reaches every slot."""
    step = throw % slots | 1
    while math.gcd(step, slots) != 1:
        step += 2
    return step


def _clumps(step: int, slots: int) -> bool:
    """Tell whether a few thousand steps come back to a few places: the step is almost a simple fraction of the slots.

    A large term of the continued fraction says so; the denominators grow with its terms.
    """
    rest, part, before, denominator = slots, step, 0, 1
    while part and denominator < _FEW:
        term, (rest, part) = rest // part, (part, rest % part)
        if term > _LARGEST_TERM:
            return True
        before, denominator = denominator, term * denominator + before
    return False
