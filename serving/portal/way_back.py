"""The way back after a log-in: an address of this site, never of another.

Here: one check. Not here: where it is asked for (``accounts.py``).
"""

from urllib.parse import urlsplit

_LONGEST = 500


def way_back(text: str) -> str:
    """Return an address below this site's root as it was given, or nothing where it may lead elsewhere.

    >>> way_back("/dataset/repairs#downloads")
    '/dataset/repairs#downloads'
    >>> way_back("//elsewhere.example"), way_back("/\\\\elsewhere.example"), way_back("https://elsewhere.example")
    ('', '', '')
    """
    is_plain = text.isprintable() and not set(text) & {"\\", " "}
    if len(text) > _LONGEST or not is_plain or not text.startswith("/") or text.startswith("//"):
        return ""
    try:
        split = urlsplit(text)
    except ValueError:
        return ""
    return "" if split.scheme or split.netloc else text
