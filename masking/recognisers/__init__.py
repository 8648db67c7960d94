"""The recognisers, one file each, found by listing this package: a new file is a new recogniser.

Here: a module per kind of identifier that defines ``RECOGNISER``. Not here: the machinery they share
(``masking/recogniser_contract.py``).
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from masking.recogniser_contract import Recogniser


@cache
def recognisers() -> dict[str, Recogniser]:
    """Return every recogniser by name, in order of name."""
    names = sorted(found.name for found in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").RECOGNISER for name in names}
