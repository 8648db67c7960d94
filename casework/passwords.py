"""Passwords of account holders: what is asked of one, its memory-hard hash, and the comparison.

Here: text in, verdict out. Not here: accounts (``accounts.py``) and limits of attempts (``serving.portal``). An account
that does not exist is compared too, by the same work, so that the time of an answer tells nothing.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata

from resource_catalogue.model import Label

SHORTEST, LONGEST = 10, 128
_COST, _BLOCK, _LANES = 15, 8, 3
"""2**15 rounds, three times: 32 MiB and about 0.3 s of one core."""
_SALT_BYTES, _HASH_BYTES = 16, 32
_MOST_MEMORY = 256 * 2**20
_FEWEST_SIGNS, _FEWEST_KINDS = 5, 2
NOBODY = "$".join(("scrypt", str(_COST), str(_BLOCK), str(_LANES), "A" * 22 + "==", "A" * 43 + "="))
"""What the password of an unknown account is compared with: a hash that no password has."""


def password_fault(password: str, name: str) -> Label | None:
    """Say what is wrong with a new password; null where nothing is.

    >>> password_fault("short", "someone").en
    'Write 10 to 128 characters'
    >>> password_fault("blue-harbour-27", "someone") is None
    True
    """
    plain = _usual(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        return Label(
            zh=f"请填写 {SHORTEST} 至 {LONGEST} 个字符", en=f"Write {SHORTEST} to {LONGEST} characters"
        )
    if len(set(plain)) < _FEWEST_SIGNS or _kinds(plain) < _FEWEST_KINDS:
        return Label(
            zh="过于简单：请混用字母、数字或符号",
            en="Too simple: mix letters with digits or other signs",
        )
    if name and name.casefold() in plain.casefold():
        return Label(zh="不能包含账号名称", en="It must not contain the account name")
    return None


def password_hash(password: str) -> str:
    """Return the salted hash of a password, with the parameters that it was made by."""
    salt = secrets.token_bytes(_SALT_BYTES)
    made = _derived(password, salt, _COST, _BLOCK, _LANES)
    return "$".join(("scrypt", str(_COST), str(_BLOCK), str(_LANES), _text(salt), _text(made)))


def is_password(password: str, stored: str) -> bool:
    """Tell whether a password is the one of a hash; an empty hash takes the same time and is nobody's."""
    _, cost, block, lanes, salt, made = (stored or NOBODY).split("$")
    found = _derived(password[: LONGEST * 4], base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, base64.b64decode(made)) and bool(stored)


def _derived(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(
        _usual(password).encode("utf-8", "replace"),
        salt=salt,
        n=2**cost,
        r=block,
        p=lanes,
        maxmem=_MOST_MEMORY,
        dklen=_HASH_BYTES,
    )


def _usual(password: str) -> str:
    """Return a password in one form, however a keyboard composed its signs."""
    return unicodedata.normalize("NFKC", password)


def _kinds(password: str) -> int:
    kinds = {"letter" if sign.isalpha() else "digit" if sign.isdigit() else "other" for sign in password}
    return len(kinds)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
