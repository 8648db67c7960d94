"""Replace an identifier by a keyed hash of this publication alone (假名化, pseudonymisation).

HMAC-SHA256 to 128 bits under a key derived for the publication: two publications do not join, and without
the key nobody can try all identity numbers (of one county: eight seconds for an unkeyed hash). Pseudonymous
data are still personal data, so that they are opened conditionally at most. The hash is made in Python: a
SQL engine would print the key in its plans.

>>> import datetime as dt
>>> frame = pl.DataFrame({"a": ["x1", " X１", None]})
>>> context = MaskContext(dt.date(2026, 1, 1), "d", b"k" * 32)
>>> made = frame.select(apply(pl.col("a"), {}, context))["a"].to_list()
>>> made[0] == made[1], len(made[0]), made[2]
(True, 32, None)
"""

import hashlib
import hmac

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only
from norms.text import bare
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(
    zh="替换为仅限本次发布的带密钥假名", en="replaced by a keyed pseudonym of this publication"
)
LOWERS: AccessType = "conditional"
HOLDS: Holds = "always"
_HEX_DIGITS = 32
_SHORTEST_KEY = 16


def check(arguments: Arguments) -> None:
    """Take no arguments."""
    only(arguments)


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return 32 hexadecimal digits per value; spaces, width and case of the value make no difference.

    Raises:
        ValueError: The key is missing or short.
    """
    if len(context.key) < _SHORTEST_KEY:
        raise ValueError("no key for pseudonyms")
    own = hmac.new(context.key, b"publication|" + context.publication.encode(), hashlib.sha256).digest()

    def pseudonyms(series: pl.Series) -> pl.Series:
        distinct = series.unique().drop_nulls()
        made = pl.Series([_pseudonym(own, value) for value in distinct], dtype=pl.String)
        return series.replace_strict(distinct, made, default=None, return_dtype=pl.String)

    return values.cast(pl.String).map_batches(pseudonyms, return_dtype=pl.String)


def _pseudonym(key: bytes, value: str) -> str:
    return hmac.new(key, bare(value).upper().encode(), hashlib.sha256).hexdigest()[:_HEX_DIGITS]
