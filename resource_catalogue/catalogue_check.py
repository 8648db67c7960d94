"""Whether the catalogue's entries agree with each other, with the profile and with the day.

Here: running every check of ``checks/`` over a draft and gathering all that they report. Not here: the
checks, one file each, found by listing (``checks/``), nor reading the files (``catalogue.py``).
"""

import datetime as dt
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator

from resource_catalogue import checks
from resource_catalogue.catalogue import Draft
from resource_catalogue.faults import CatalogueFault
from resource_catalogue.inspection import CheckedFault, Inspection
from resource_catalogue.profile import Profile

Check = Callable[[Inspection], Iterator[CheckedFault]]


def check_catalogue(
    draft: Draft, profile: Profile, as_of: dt.date, known_checks: frozenset[str]
) -> list[CheckedFault]:
    """Check a draft and report every fault, never stopping at the first.

    Args:
        draft: What the catalogue's files say; its own faults of reading are reported too.
        profile: Jurisdiction whose rules hold.
        as_of: Day for which validity is judged.
        known_checks: Names of the checks that declared rules may use.

    Returns:
        Errors first, then notes, each in order of file and line, each once.
    """
    inspection = Inspection(draft, profile, as_of, known_checks)
    found = {CheckedFault("error", fault) for fault in draft.faults}
    for check in catalogue_checks().values():
        found.update(check(inspection))
    return sorted(found, key=lambda checked: (checked.severity, checked.fault))


def catalogue_checks() -> dict[str, Check]:
    """Return every check by the name of its file below ``checks/``, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(checks.__path__))
    return {name: importlib.import_module(f"{checks.__name__}.{name}").check for name in names}


def errors(checked: Iterable[CheckedFault]) -> list[CatalogueFault]:
    """Return the faults that forbid publishing."""
    return [item.fault for item in checked if item.severity == "error"]
