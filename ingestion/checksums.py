"""Read checksum files (校验文件), as ``sha256sum`` and ``md5sum`` write them: what belongs to a delivery.

Here: text to digests. Not here: other manifests (``manifests.py``).
"""

import re

_GNU = re.compile(r"\\?([0-9a-fA-F]{32}|[0-9a-fA-F]{64})(?:  | \*)(.+)")
_BSD = re.compile(r"(MD5|SHA256) \((.+)\) = ([0-9a-fA-F]+)")
_ALGORITHMS = {32: "md5", 64: "sha256"}


def listed_files(text: str) -> dict[str, tuple[str, str]] | None:
    """Return algorithm and digest by file name; null where a line is none of a checksum file.

    >>> listed_files("D41D8CD98F00B204E9800998ECF8427E  a.csv\\n")
    {'a.csv': ('md5', 'd41d8cd98f00b204e9800998ecf8427e')}
    >>> listed_files("hello") is None
    True
    """
    found = {}
    for line in filter(str.strip, text.lstrip("\ufeff").splitlines()):
        gnu, bsd = _GNU.fullmatch(line), _BSD.fullmatch(line.strip())
        if gnu:
            digest, name = gnu[1].lower(), gnu[2].removeprefix("./")
        elif bsd:
            digest, name = bsd[3].lower(), bsd[2]
        else:
            return None
        if len(digest) not in _ALGORITHMS:
            return None
        found[name] = (_ALGORITHMS[len(digest)], digest)
    return found or None
