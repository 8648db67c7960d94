"""How long earlier versions of tables are kept, and the forgetting of those that are older (旧版本清理).

Here: the rule per kind of table. Not here: what leaves the disk and in which order (``old_versions.py``), nor the
record of access, whose rows have a term of their own (``audit.pruning``).
"""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from lake.old_versions import oldest_read_since
from lake.store import Lake
from resource_catalogue.words import TableName

THINNED = ("raw", "standard", "base", "theme", "topic", "candidate", "share", "open")
"""Schemas that hold rows about persons and firms, whose newest version is made again by runs. Tables of the platform's
own doings (deliveries, findings, decisions, openings) keep their history: it is evidence."""
_NONE: Mapping[TableName, int] = MappingProxyType({})


def forget_old_versions(
    lake: Lake, as_of: dt.datetime, days: int, reached: Mapping[TableName, int] = _NONE
) -> dict[TableName, int]:
    """Forget what the tables held longer than so many days ago; a killed call may be repeated.

    A version stays as long as it was the newest at some instant of the term. Commits tell the machine's time, so that
    an ``as_of`` before it forgets less and never more.

    Args:
        days: The term.
        reached: First version that a grant with history may reach, by shared table; it and all later ones stay.

    Returns:
        How many files went, by table; only tables of which any did.
    """
    since_ms = int((as_of - dt.timedelta(days=days)).timestamp() * 1000)
    gone = {}
    for table in lake.tables(*THINNED):
        oldest = oldest_read_since(lake.path(table), since_ms)
        # The changes of the first version start from the one before it.
        gone[table] = lake.forget(table, min(oldest, max(0, reached.get(table, oldest + 1) - 1)))
    lake.clear_remains(*THINNED)
    return {table: files for table, files in gone.items() if files}
