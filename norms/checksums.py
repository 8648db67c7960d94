"""Bytes of fixed-width identifiers as numpy matrices, and weighted sums over them.

Belongs here: the arithmetic that check digits share. Does not belong here: weights and alphabets of
one norm.

>>> byte_matrix(pl.Series(["12", "3X"]), 2).tolist()
[[49, 50], [51, 88]]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]


def byte_matrix(values: pl.Series, width: int) -> Bytes:
    """Lay ASCII texts of one width out as a matrix, one row per text.

    Args:
        values: Texts without nulls, each exactly `width` ASCII characters.
        width: Characters per text.

    Returns:
        A matrix of character codes.
    """
    if len(values) == 0:
        return np.zeros((0, width), dtype=np.uint8)
    joined: str = values.str.join("").item()
    return np.frombuffer(joined.encode("ascii"), dtype=np.uint8).reshape(-1, width)


def character_values(alphabet: str) -> NDArray[np.float32]:
    """Give each character of an alphabet its place, as a table over all byte values.

    Returns:
        A table of 256 numbers; characters outside the alphabet have 0.
    """
    table = np.zeros(256, dtype=np.float32)
    for place, char in enumerate(alphabet):
        table[ord(char)] = place
    return table


def weighted_sums(columns: Bytes, table: NDArray[np.float32], weights: Sequence[int]) -> Integers:
    """Sum the characters' values times the weights of their columns.

    Single-precision products are exact here: the sums stay far below 2 to the power of 24.

    Returns:
        One sum per row.
    """
    product = table[columns] @ np.asarray(weights, dtype=np.float32)
    return product.astype(np.int64)


def numbers_at(columns: Bytes, start: int, stop: int) -> Integers:
    """Read the digits of some columns as one number per row.

    Returns:
        The numbers.
    """
    number = np.zeros(len(columns), dtype=np.int64)
    for place in range(start, stop):
        number = number * 10 + (columns[:, place].astype(np.int64) - ord("0"))
    return number


def sql_weighted_sum(alphabet: str, weights: Sequence[int], start: int = 1) -> str:
    """Write the weighted sum of the characters of `c` in SQL.

    Args:
        alphabet: Its characters have their place as value.
        weights: One per character.
        start: Place of the first character, counted from 1.

    Returns:
        The SQL expression.
    """
    return " + ".join(
        f"(strpos('{alphabet}', substr(c, {start + place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(weights)
    )
