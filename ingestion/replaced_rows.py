"""Find which row of a new snapshot stands in the place of an old row whose key was not valid.

A row with a valid key is found again by its key. A row whose key was wrong cannot be: mending it changes the very
thing it would be found by. Two things remain. An agency mends a row where it stands, between the same neighbours
(``successors``). Where the row has moved (a sorted export), what was right in it has not changed (``alike``).
Where neither says clearly which row it is, none is named.
"""

import polars as pl

_COMMON = 20
"""A piece of text that stands in more rows than this says nothing about which row is which."""
_PIECES = r"[^,;|\t]+"


def successors(old: pl.DataFrame, new: pl.DataFrame, wanted: pl.Series) -> pl.DataFrame:
    """Match rows by their unchanged neighbours: as many rows lie between them as before.

    Args:
        old: ``row_number`` and ``row_hash`` (of the row as sent) of the old delivery, all rows.
        new: The same of the new delivery.
        wanted: Row numbers of the old delivery to find successors for.

    Returns:
        One row per match: ``old_row_number``, ``new_row_number``.
    """
    old, new = _positioned(old), _positioned(new)
    anchors = _anchors(old, new)
    seeking = old.filter(pl.col("row_number").is_in(wanted.to_list())).select("row_number", "position")
    before = seeking.sort("position").join_asof(
        anchors, left_on="position", right_on="old_at", strategy="backward"
    )
    after = before.join_asof(
        anchors.rename({"old_at": "old_next", "new_at": "new_next"}),
        left_on="position",
        right_on="old_next",
        strategy="forward",
    )
    same_gap = (pl.col("old_next") - pl.col("old_at")) == (pl.col("new_next") - pl.col("new_at"))
    placed = after.filter(same_gap).with_columns(
        target=pl.col("new_at") + pl.col("position") - pl.col("old_at")
    )
    return placed.join(new, left_on="target", right_on="position").select(
        old_row_number="row_number", new_row_number="row_number_right"
    )


def alike(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Match rows by the pieces of text they share, in whatever column a piece stands.

    Two rows match when each shares more with the other than with any third row, and one piece stands in no third.

    Args:
        old: ``row_number`` and ``text`` (the row as sent) of the old rows that have no counterpart yet.
        new: The same of the new rows.

    Returns:
        One row per match: ``old_row_number``, ``new_row_number``.
    """
    shared = _pieces(old).join(_pieces(new), on="piece")
    pairs = shared.group_by("row_number", "row_number_right").agg(
        count=pl.len(), has_own=((pl.col("rows") == 1) & (pl.col("rows_right") == 1)).any()
    )
    for side in ("row_number", "row_number_right"):
        best = pl.col("count") == pl.col("count").max().over(side)
        pairs = pairs.with_columns((best & (best.sum().over(side) == 1)).alias(f"{side}_best"))
    return (
        pairs.filter("row_number_best", "row_number_right_best", "has_own")
        .select(old_row_number="row_number", new_row_number="row_number_right")
        .sort("old_row_number")
    )


def _positioned(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("row_number").with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))


def _anchors(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Return the positions of rows that stand once in each delivery, in one order, and of both ends."""
    once_old, once_new = (rows.filter(pl.col("row_hash").is_unique()) for rows in (old, new))
    both = once_old.join(once_new, on="row_hash").select(old_at="position", new_at="position_right")
    both = both.sort("old_at")
    in_order = both.filter(pl.col("new_at") > pl.col("new_at").cum_max().shift(1).fill_null(-1))
    ends = pl.DataFrame({"old_at": [-1, old.height], "new_at": [-1, new.height]})
    return pl.concat([in_order, ends]).sort("old_at").set_sorted("old_at")


def _pieces(rows: pl.DataFrame) -> pl.DataFrame:
    """Return row number, piece of text and how many rows hold the piece; each piece of a row once."""
    pieces = rows.select("row_number", piece=pl.col("text").str.extract_all(_PIECES)).explode("piece")
    stripped = pieces.with_columns(pl.col("piece").str.strip_chars(" \r\n\"'")).unique()
    filled = stripped.filter(pl.col("piece").str.len_chars() > 1)
    return filled.with_columns(rows=pl.len().over("piece")).filter(pl.col("rows") <= _COMMON)
