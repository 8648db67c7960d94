"""Keys that stand for subjects and rows where their identifiers must not be shown: one value at a time.

Here: what is hashed, in plain Python; ``ingestion/row_keys.py`` gives the same over whole columns. Never in SQL, whose
plans print the key.
"""

import hashlib
import hmac
from collections.abc import Sequence

ROW_KEY_NAME = "row"
"""Name of the deployment's secret that row and subject keys are made with."""
SEPARATOR = "\x1f"
HEX_DIGITS = 32
"""128 bits are kept of each hash."""


def subject_key_of(entity: str, parts: Sequence[str], key: bytes) -> str:
    """Return the subject key of one identifier, the same that ``standard`` and ``base`` rows carry.

    Args:
        entity: Kind of subject.
        parts: Normalised parts of the identifier, in the order of the entity's ``identifier``.
        key: Secret of the subject keys.
    """
    return _hashed((entity, *parts), key)


def business_key_of(resource_id: str, parts: Sequence[str], key: bytes) -> str:
    """Return the row key of one complete, valid business key, the same that rows carry.

    Args:
        resource_id: Whose row.
        parts: Values of the key's columns as ``standard`` keeps them.
        key: Secret of the row keys.
    """
    return _hashed((resource_id, *parts), key)


def _hashed(parts: Sequence[str], key: bytes) -> str:
    text = SEPARATOR.join(parts)
    # The key counts as the text of its hexadecimal digits, as the vectorised hash takes it.
    return hmac.new(key.hex().encode(), text.encode(), hashlib.sha256).hexdigest()[:HEX_DIGITS]
