"""Keyed hashes that stand for rows and subjects where their identifiers must not be shown.

Here: over whole columns, with a key below ``var/keys/``. One value at a time: ``resource_catalogue/subject_keys.py``.
Never in SQL, whose plans print the key.
"""

from collections.abc import Sequence

import polars as pl
import polars_hash as plh

from resource_catalogue.entities import ENTITIES
from resource_catalogue.resource import Resource
from resource_catalogue.subject_keys import HEX_DIGITS, SEPARATOR


def keyed_hash(text: pl.Expr, key: bytes) -> pl.Expr:
    """Return the HMAC-SHA-256 of a text column, null for null."""
    named = text.cast(pl.String).alias("_hashed")
    hashed: pl.Expr = plh.concat_str([named]).chash.hmac_sha256(key=key.hex())
    return hashed.str.slice(0, HEX_DIGITS)


def row_key(resource: Resource, sent: Sequence[str], key: bytes) -> tuple[pl.Expr, pl.Expr]:
    """Return the row key and whether it stands for a complete, valid business key.

    Args:
        sent: Columns that hold the row as it was sent.

    Returns:
        ``_row_key``: hash of the business key, or of the whole row as sent where that is invalid or missing;
        ``_has_key``: which of the two it is.
    """
    parts = [pl.col(name).cast(pl.String) for name in resource.key]
    has_key = pl.all_horizontal([part.is_not_null() for part in parts]) if parts else pl.lit(False)
    prefix = pl.lit(resource.id)
    business = pl.concat_str([prefix, *parts], separator=SEPARATOR, ignore_nulls=True)
    whole = pl.concat_str(
        [prefix, pl.lit("row"), *[pl.col(c).fill_null("") for c in sent]], separator=SEPARATOR
    )
    chosen = pl.when(has_key).then(business).otherwise(whole)
    return keyed_hash(chosen, key).alias("_row_key"), has_key.alias("_has_key")


def subject_keys(resource: Resource, key: bytes) -> list[pl.Expr]:
    """Return ``_<entity>_key`` per entity the resource makes claims for; null where an identifier part is missing."""
    return [_subject_key(resource, entity, key) for entity in resource.entities]


def _subject_key(resource: Resource, entity: str, key: bytes) -> pl.Expr:
    by_attribute = {c.base.split(".")[1]: c.name for c in resource.columns if c.base and c.entity == entity}
    names = [by_attribute.get(attribute) for attribute in ENTITIES[entity].identifier]
    parts = [pl.col(name).cast(pl.String) for name in names if name]
    if len(parts) < len(names):
        return pl.lit(None, dtype=pl.String).alias(f"_{entity}_key")
    text = pl.concat_str([pl.lit(entity), *parts], separator=SEPARATOR)
    return keyed_hash(text, key).alias(f"_{entity}_key")
