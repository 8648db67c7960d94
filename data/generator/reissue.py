"""Send a file again, corrected, and record what becomes of the findings of the first act.

Here: second deliveries. Not here: first ones.
"""

from collections.abc import Collection
from dataclasses import replace

from data.generator.feed import Feed, Row
from data.generator.planting import Planter
from data.generator.truth import Entry, Expect, Place

_BREAKS_KEY = ("identifier", "required")
_OTHER_SUBJECT = ("inner_check_character",)


def corrected(first: Feed, arrival: str, file: str) -> Feed:
    """Return the feed without any of its faults, as a new file."""
    return replace(first, arrival=arrival, file=file, changed={}, appended=[], removed=set())


def whole_file_entry(
    feed: Feed, act: int, kind: str, expect: Expect, check: str = "", note: str = ""
) -> Entry:
    """Record an outcome that concerns a whole file."""
    rule = f"{feed.resource}:{check}:" if check else ""
    return Entry(act, feed.resource, feed.arrival, feed.file, 0, "", check, rule, kind, expect, None, note)


def follow_ups(
    planter: Planter, second: Feed, key: Collection[str], persisting: Collection[int] = ()
) -> list[Entry]:
    """Say for each finding of the first act what the corrected file makes of it.

    A removed row is ``withdrawn``, and so is a row whose key was valid but of another subject (a wrong
    inner check character): its key is gone from the file. A row whose key could not be read is followed by
    its place in the file (note ``key_mended``). All others are ``closed`` or ``still_failing``.

    Args:
        planter: The planter of the first act.
        second: The corrected file.
        key: Declared key columns of the resource.
        persisting: Positions whose fault was sent again.
    """
    return [_follow_up(entry, planter, second, key, persisting) for entry in planter.entries]


def _follow_up(
    first: Entry, planter: Planter, second: Feed, key: Collection[str], persisting: Collection[int]
) -> Entry:
    position = planter.doubles.get(first.row_number, first.row_number)
    number = second.row_number(position)
    expect: Expect = "closed"
    note = ""
    if position in second.removed:
        expect, number, note = "withdrawn", 0, "row_removed"
    elif position in persisting:
        expect = "still_failing"
    elif first.column in key and first.check in _BREAKS_KEY:
        note = "key_mended"
    elif first.column in key and first.kind in _OTHER_SUBJECT:
        expect, number, note = "withdrawn", 0, "key_changed"
    now = Place(second.arrival, second.file, number)
    return replace(
        first,
        act=2,
        arrival=now.arrival,
        file=now.file,
        row_number=number,
        expect=expect,
        was=first.place,
        note=note,
    )


def send_again(first: Feed, second: Feed, position: int) -> None:
    """Let a faulty row of the first file stand in the second as it was."""
    row: Row = first.changed[position]
    second.changed[position] = list(row)
