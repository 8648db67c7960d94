"""Compute check characters of identifiers, independently of the platform's own norms.

Here: GB 11643-1999, GB 32100-2015, GB 11714 and GB/T 36904-2018 as the generator needs them. Not here:
validation.
"""

from operator import mul

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WIDE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_VALUE = {character: value for value, character in enumerate(CREDIT_ALPHABET)}
_WIDE_VALUE = {character: value for value, character in enumerate(WIDE_ALPHABET)}


def citizen_id(first17: str) -> str:
    """Append the check character of GB 11643-1999.

    >>> citizen_id("11010519491231002")
    '11010519491231002X'
    """
    # The weights are the powers of two modulo 11, and 13 is two modulo 11: one reading to the base 13 sums
    # them up.
    value = (1 - 2 * int(first17, 13)) % 11
    return first17 + ("X" if value == 10 else str(value))


def organisation_code(first8: str) -> str:
    """Append the check character of GB 11714-1997.

    >>> organisation_code("10000396")
    '100003962'
    """
    total = sum(map(mul, map(_WIDE_VALUE.__getitem__, first8), _ORGANISATION_WEIGHTS))
    value = 11 - total % 11
    return first8 + ("X" if value == 10 else "0" if value == 11 else str(value))


def credit_code(first17: str) -> str:
    """Append the check character of GB 32100-2015.

    >>> credit_code("91100000100003962")
    '91100000100003962T'
    """
    total = sum(map(mul, map(_CREDIT_VALUE.__getitem__, first17), _CREDIT_WEIGHTS))
    return first17 + CREDIT_ALPHABET[(31 - total % 31) % 31]


def certificate_identifier(parts: str) -> str:
    """Append the check character of GB/T 36904-2018 (ISO 7064 MOD 37,36) to the parts without the root.

    >>> certificate_identifier("11100000000013338W011.11430000006122244L.20230000403.001")
    '1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U'
    """
    carry = 36
    for character in parts.replace(".", ""):
        carry = (carry + _WIDE_VALUE[character]) % 36 or 36
        carry = carry * 2 % 37
    return f"1.2.156.3005.2.{parts}.{WIDE_ALPHABET[(37 - carry) % 36]}"


def other_character(text: str, alphabet: str) -> str:
    """Replace the last character by the next one of the alphabet, so that the check fails."""
    return text[:-1] + alphabet[(alphabet.index(text[-1]) + 1) % len(alphabet)]
