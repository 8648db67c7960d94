"""Reading ``jsonPredicateHints``: a text that holds a tree of operations in JSON.

Here: from text to predicate. Not here: what the predicate is compared with.
"""

from collections.abc import Callable
from typing import Any, cast

import orjson

from serving.sharing.literals import hinted_family, read_value
from serving.sharing.predicates import (
    All,
    Column,
    Compare,
    Comparison,
    Constant,
    HintError,
    IsNull,
    Not,
    Operand,
    Predicate,
    Some,
    Truth,
)

_COMPARISONS = ("equal", "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual")
_LEAVES = ("column", "literal")
_DEEPEST, _MOST_NODES = 64, 500


def read_json_hint(text: str) -> Predicate:
    """Read a hint.

    Raises:
        HintError: It is not JSON, names an unknown operation or type, or is larger than is worth evaluating.
    """
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise HintError("json") from None
    return _Reader().predicate(tree, 0)


class _Reader:
    def __init__(self) -> None:
        self._nodes = 0

    def predicate(self, node: Any, depth: int) -> Predicate:
        op = self._op(node, depth)
        if op in _LEAVES:
            operand = self._operand(node)
            if operand.family != "bool":
                raise HintError("type")
            return Truth(operand)
        if op in _COMPARISONS:
            left, right = (self._leaf(child, depth) for child in self._children(node, 2, 2))
            return Compare(cast(Comparison, op), left, right)
        return self._joint(op, node, depth)

    def _joint(self, op: str, node: Any, depth: int) -> Predicate:
        if op == "isNull":
            return IsNull(self._leaf(self._children(node, 1, 1)[0], depth))
        if op == "not":
            return Not(self.predicate(self._children(node, 1, 1)[0], depth + 1))
        joins: dict[str, Callable[[tuple[Predicate, ...]], Predicate]] = {"and": All, "or": Some}
        if op not in joins:
            raise HintError("op")
        return joins[op](tuple(self.predicate(c, depth + 1) for c in self._children(node, 2, _MOST_NODES)))

    def _op(self, node: Any, depth: int) -> str:
        self._nodes += 1
        if self._nodes > _MOST_NODES or depth > _DEEPEST:
            raise HintError("size")
        if not isinstance(node, dict) or not isinstance(node.get("op"), str):
            raise HintError("op")
        return str(node["op"])

    def _leaf(self, node: Any, depth: int) -> Operand:
        if self._op(node, depth) not in _LEAVES:
            raise HintError("op")
        return self._operand(node)

    def _operand(self, node: dict[str, Any]) -> Operand:
        family = hinted_family(node.get("valueType"))
        if node["op"] == "literal":
            return Constant(read_value(node.get("value"), family, zone_needed=True), family)
        name = node.get("name")
        if not isinstance(name, str):
            raise HintError("name")
        return Column(name, family)

    def _children(self, node: dict[str, Any], least: int, most: int) -> list[Any]:
        children = node.get("children")
        if not isinstance(children, list) or not least <= len(children) <= most:
            raise HintError("children")
        return children
