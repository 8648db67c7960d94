"""One check per file, found by listing this folder: a new check is a new file with a ``CHECK``.

Here: finding them. Not here: their common shape (``expectations/check.py``).
"""

import importlib
import pkgutil
from functools import cache

from expectations.check import Check


@cache
def all_checks() -> dict[str, Check]:
    """Return every check by name, in order of name."""
    found: dict[str, Check] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        check: Check = importlib.import_module(f"{__name__}.{module.name}").CHECK
        found[check.name] = check
    return found


def declarable_checks() -> list[str]:
    """List the checks that a resource may declare under ``rules``."""
    return [name for name, check in all_checks().items() if check.most]
