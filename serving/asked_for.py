"""What a refused request asked for, in words that the record of access may keep.

Here: which part of an address is a name of the catalogue. A path may hold anything, an identity number too: what is no
name of the catalogue, and no share of the caller's own, is ``unknown``. Not here: where the names come from
(``catalogue_names.py``), nor the answer to the caller, which never tells whether a thing is there.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping

UNKNOWN = "unknown"
Entries = Callable[[], Awaitable[Collection[str]]]
"""Gives the ids of the catalogue's entries, base tables such as ``base.person`` among them."""


async def no_entries() -> Collection[str]:
    """Know no entry: nothing but what the caller has is named."""
    return ()


def asked_entry(text: str, entries: Collection[str]) -> str:
    """Return the entry that a text names, whatever its case; empty where it names none.

    >>> asked_entry("Police.Permits", {"police.permits"}), asked_entry("110101199003070000", {"police.permits"})
    ('police.permits', '')
    """
    plain = text.casefold()
    return plain if plain in entries else ""


def asked_place(path: Mapping[str, str], share: str, entries: Collection[str]) -> tuple[str, str]:
    """Return the entry and the place ``share/schema/table`` that an address of a shared table names.

    A table may be named with the mark of its class (``visible.py``); the entry is the same.

    Args:
        path: Parts of the address; without ``share`` it names no place.
        share: The caller's own share.

    >>> asked_place({"share": "tax", "schema": "police", "table": "permits__1f"}, "tax", {"police.permits"})
    ('police.permits', 'tax/police/permits')
    >>> asked_place({"share": "other", "schema": "x"}, "tax", {"police.permits"})
    ('', 'unknown/unknown')
    """
    if "share" not in path:
        return "", ""
    named = [share if path["share"].casefold() == share.casefold() else UNKNOWN]
    schema, table, entry = path.get("schema", ""), path.get("table", ""), ""
    if schema:
        is_known = schema.casefold() in {one.partition(".")[0] for one in entries}
        named.append(schema.casefold() if is_known else UNKNOWN)
    if table:
        unmarked = table.rpartition("__")[0]
        entry = asked_entry(f"{schema}.{table}", entries) or asked_entry(f"{schema}.{unmarked}", entries)
        named.append(entry.partition(".")[2] or UNKNOWN)
    return entry, "/".join(named)
