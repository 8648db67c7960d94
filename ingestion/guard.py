"""Guard a snapshot against loss: what shrinks or changes beyond its bounds waits for a person.

A held delivery is kept and decoded, and takes no effect until it is accepted
(``civiclake deliveries accept``).
"""

from resource_catalogue.resource import Guard

PERCENT = 100


def shrink_reason(before: int, now: int, guard: Guard) -> str | None:
    """Say why a snapshot is held for shrinking, or return null where it may pass.

    Args:
        before: Rows of the slice as it stands.
        now: Rows of the new delivery of the slice.

    >>> shrink_reason(1000, 700, Guard(max_shrink_pct=10))
    'shrinks from 1000 to 700 rows (30.0 %, at most 10 %)'
    """
    if before == 0 or now >= before:
        return None
    shrink = (before - now) * PERCENT / before
    if shrink <= guard.max_shrink_pct:
        return None
    return f"shrinks from {before} to {now} rows ({shrink:.1f} %, at most {guard.max_shrink_pct:g} %)"


def bounds_change(guard: Guard) -> bool:
    """Tell whether a resource bounds how much of a snapshot may change; counting it costs a read."""
    return guard.max_changed_pct < PERCENT


def change_reason(before: int, unchanged: int, guard: Guard) -> str | None:
    """Say why a snapshot is held for changing too much, or return null where it may pass.

    Args:
        before: Rows of the slice as it stands.
        unchanged: Rows of them that the new delivery repeats to the letter.
    """
    if before == 0 or not bounds_change(guard):
        return None
    changed = (before - unchanged) * PERCENT / before
    if changed <= guard.max_changed_pct:
        return None
    return f"changes {changed:.1f} % of {before} rows (at most {guard.max_changed_pct:g} %)"
