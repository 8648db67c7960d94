"""Check that ``sensitive_when`` is a plain condition over the resource's own columns.

The condition is scanned word by word: SQL parsing is fenced to the masking room, which compiles it later.
"""

import re
from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection

_TOKEN = re.compile(
    r"\s+|(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign><>|!=|<=|>=|\|\||[=<>(),+\-*/])"
)
_WORDS = frozenset(
    (
        "and",
        "or",
        "not",
        "in",
        "is",
        "null",
        "like",
        "between",
        "true",
        "false",
        "case",
        "when",
        "then",
        "else",
        "end",
    )
)
_FUNCTIONS = frozenset(("lower", "upper", "trim", "length", "substr", "coalesce"))


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per condition that does not scan or names something that is no column."""
    for resource, file in inspection.resources():
        columns = frozenset(column.name for column in resource.columns)
        for index, column in enumerate(resource.columns):
            fault = (
                condition_fault(column.sensitive_when, columns) if column.sensitive_when is not None else None
            )
            if fault:
                yield file.refuse(
                    ("columns", index, "sensitive_when"),
                    f"{column.name}: {fault}",
                    "本资源各列上的 SQL 条件 / a SQL condition over columns of this resource",
                    "改正条件 / correct the condition",
                )


def condition_fault(condition: str, columns: frozenset[str]) -> str | None:
    """Return what is wrong with a condition, or null.

    >>> condition_fault("entity_kind = 'individual'", frozenset({"entity_kind"}))
    >>> condition_fault("kind = 'individual'", frozenset({"entity_kind"}))
    'kind'
    """
    position, depth, named = 0, 0, False
    while position < len(condition):
        match = _TOKEN.match(condition, position)
        if match is None or condition.startswith(("--", "/*"), position):
            return condition[position : position + 10]
        position = match.end()
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if depth < 0:
            return ")"
        word = match["word"]
        if word and not _is_admitted(word, condition[position:], columns):
            return word
        named = named or word in columns
    if depth:
        return "("
    return None if named else "没有列 / no column"


def _is_admitted(word: str, rest: str, columns: frozenset[str]) -> bool:
    if rest.lstrip().startswith("(") and word.lower() not in _WORDS:
        return word.lower() in _FUNCTIONS
    return word in columns or word.lower() in _WORDS
