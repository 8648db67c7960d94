"""Tests that no jurisdiction's name stands in code: what a city's text says is data."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "norms", "resource_catalogue", "lake", "ingestion", "expectations", "masking", "casework", "opening",
    "serving", "orchestration", "cli",
)  # fmt: skip
NAMES = ("盐城", "新疆", "普陀", "银川", "威海", "yancheng", "xinjiang", "putuo", "yinchuan", "weihai")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def prose_lines(source: str) -> set[int]:
    """Return the lines of docstrings, which cite the articles that a function implements."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if is_text and isinstance(statement.value.value, str) and isinstance(node, _DOCUMENTED):
                lines.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
    return lines


def names_in_code(source: str) -> list[tuple[int, str]]:
    """Return line and name of every jurisdiction named outside comments and docstrings."""
    prose = prose_lines(source)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [
        (token.start[0], name)
        for token in tokens
        if token.type != tokenize.COMMENT and token.start[0] not in prose
        for name in NAMES
        if name in token.string.casefold()
    ]


@pytest.mark.parametrize("room", [room for room in ROOMS if (ROOT / room).is_dir()])
def test_no_room_names_a_jurisdiction_in_code(room: str) -> None:
    hits = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, name in names_in_code(path.read_text(encoding="utf-8"))
    ]
    assert not hits


@pytest.mark.parametrize(
    "code",
    [
        'if profile.id == "weihai":\n    pass\n',
        "def Yancheng_limit() -> int:\n    return 10\n",
        'x = f"{y}盐城"\n',
    ],
)
def test_a_name_in_a_condition_an_identifier_or_a_text_is_found(code: str) -> None:
    assert names_in_code(code)


def test_an_article_cited_in_a_docstring_or_comment_is_no_name_in_code() -> None:
    assert not names_in_code(
        'def limit() -> int:\n    """Return the limit (Yancheng a16¶2)."""\n    return 1  # Weihai\n'
    )
