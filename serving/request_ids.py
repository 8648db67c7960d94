"""Numbers of requests, by which a client and the record of access speak of the same one.

Here: making them. They need not be secret, only never the same twice: a random start per process and a count.
"""

import itertools
import secrets

_START = secrets.token_hex(8)
_COUNT = itertools.count(1)


def new_request_id() -> str:
    """Return a number that no other request has, of this process or another."""
    return f"{_START}{next(_COUNT):08x}"
