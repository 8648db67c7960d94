"""Columns of the guide that show, confirm or stand in for what other cells decide.

Here: parts of the code, the provider's credit code, the guide's data type, open yes or no. Not here: cells that hold
a field of their own (``layout.py``). A view that contradicts the field is a fault; where the field's own cell is empty
or missing, the view decides.
"""

import re
from collections.abc import Mapping
from typing import Any

from resource_catalogue.guide_workbook.cell_text import CellError, Flag, mark, says_nothing
from resource_catalogue.guide_workbook.choices import GUIDE_TYPES, TYPE_CODES, TYPE_OF_CODE
from resource_catalogue.guide_workbook.kinds import Words

_CODE = re.compile(r"[0-9]([0-9]{2})([0-9]{3})([0-9]*)/.+")
_TYPE_WITH_LENGTH = re.compile(r"(.+?)[(（][0-9,，]+[)）]")
Tree = Mapping[str, Any]
SHOWN = frozenset(
    {"code_part_1", "code_part_2", "code_part_3", "provider_code", "guide_type", "is_open", "listed_on"}
)
"""Views that have a text; other cells without a path are keys of their row."""


def shown(view: str, tree: Tree, words: Words, listed_on: str = "") -> str:
    """Return the text of a view's cell; the tree is an item's for views of items, else the entry's."""
    match view:
        case "code_part_1" | "code_part_2" | "code_part_3":
            return _code_part(view, tree)
        case "provider_code":
            return words.directory.credit_codes.get(tree["agencies"]["providing"], "")
        case "guide_type":
            return GUIDE_TYPES.shown(TYPE_CODES[tree["type"]][0])
        case "is_open":
            return "否" if tree["open"]["type"] == "none" else "是"
        case "listed_on":
            return listed_on
    return ""


def confirm(view: str, text: str, tree: Tree, words: Words) -> None:
    """Hold a view's cell against the entry or item.

    Raises:
        CellError: It contradicts what the entry says, or is no such word.
    """
    if says_nothing(text):
        return
    match view:
        case "code_part_1" | "code_part_2" | "code_part_3":
            _confirm_code_part(view, text, tree)
        case "provider_code":
            _confirm_provider(text, tree, words)
        case "guide_type":
            own = tree.get("type", "")
            admitted = TYPE_CODES[own][1] if own in TYPE_CODES else ""
            if admitted and _guide_code(text) not in admitted:
                raise CellError(
                    f"与信息项类型 {own} 相符 / agreeing with the item type: {', '.join(admitted)}"
                )
        case "is_open":
            said = _openness(text, words)
            own = tree.get("open", {}).get("type")
            if own is not None and own not in said:
                raise CellError("与开放类型相符 / agreeing with the open type")


def stand_in(view: str, text: str, tree: Tree, before: Tree, words: Words) -> Any:
    """Return the value that a view gives to the field it stands for; null where it says nothing.

    Args:
        tree: Entry or item as far as it was read.
        before: The same as the draft's file has it; its value stays where it agrees with the view.

    Raises:
        CellError: The text is no such word.
    """
    if says_nothing(text):
        return None
    if view == "guide_type":
        code, own = _guide_code(text), before.get("type", "")
        return own if own in TYPE_CODES and code in TYPE_CODES[own][1] else TYPE_OF_CODE[code]
    if view == "is_open":
        said, own = _openness(text, words), before.get("open", {}).get("type")
        return next(iter(said)) if len(said) == 1 else own if own in said else _open_type(tree)
    if view == "provider_code":
        return words.directory.agencies.read(text)
    return None


STANDS_FOR: Mapping[str, tuple[str, ...]] = {
    "guide_type": ("type",),
    "is_open": ("open", "type"),
    "provider_code": ("agencies", "providing"),
}
"""View -> the field it can stand in for."""


def _openness(text: str, words: Words) -> frozenset[str]:
    """Return the open types that a text admits: 是 admits two."""
    exact = words.drop_downs["open_type"].find(text)
    if exact is not None and not mark(text).isdigit():
        return frozenset({exact})
    return frozenset({"open_to_all", "conditional"} if Flag().read(text) else {"none"})


def _open_type(tree: Tree) -> str:
    return "conditional" if tree.get("open", {}).get("condition") else "open_to_all"


def _code_part(view: str, tree: Tree) -> str:
    found = _CODE.fullmatch(str(tree.get("code", "")))
    return found[int(view[-1])] if found else ""


def _confirm_code_part(view: str, text: str, tree: Tree) -> None:
    """Compare only digits: agencies also write the names of classes here."""
    part, own = mark(text), _code_part(view, tree)
    if own and part.isdigit() and part.lstrip("0") != own.lstrip("0"):
        raise CellError(f"与信息资源代码相符的 {own} / {own}, as in the code")


def _confirm_provider(text: str, tree: Tree, words: Words) -> None:
    own = tree.get("agencies", {}).get("providing")
    code = words.directory.credit_codes.get(own or "")
    if code and mark(text).upper() != code:
        raise CellError(f"{own} 的统一社会信用代码 {code} / the provider's credit code")


def _guide_code(text: str) -> str:
    bare = _TYPE_WITH_LENGTH.sub(r"\1", text.strip())
    found = GUIDE_TYPES.find(bare)
    if found:
        return found
    raise CellError(GUIDE_TYPES.expected())
