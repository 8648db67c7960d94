"""The masks (脱敏方法), one file each, found by listing this package: a new file is a new mask.

Here: a module per mask with the verbs of ``masking/mask_contract.py``. Not here: what they lower in a given
dataset.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from masking.mask_contract import Mask


@cache
def masks() -> dict[str, Mask]:
    """Return every mask by name, in order of name."""
    names = sorted(found.name for found in iter_modules(__path__))
    return {name: cast(Mask, import_module(f"{__name__}.{name}")) for name in names}
