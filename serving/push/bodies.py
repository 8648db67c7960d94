"""What a pushed body must be: objects of texts, numbers, true, false and null, within the declared limits.

Whether the values are right is not asked here: rules find that, and a task tells the agency. A body that is not such
JSON is refused whole, with the place, and nothing of it is kept. Messages never repeat a name or a value.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from ingestion.pushed_records import Form
from serving.sharing.refusals import Refusal, malformed

_TYPES: dict[str, Form] = {
    "application/json": "json",
    "application/x-ndjson": "lines",
    "application/ndjson": "lines",
    "application/jsonl": "lines",
}
MOST_FIELDS = 200
_LONGEST_NAME = 200
_PLAIN = frozenset({str, int, float, bool, type(None)})
_KNOWN_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound one request."""

    records: int
    bytes: int


def form_of(content_type: str) -> Form:
    """Return how a body of a media type holds its records.

    Raises:
        Refusal: 415.
    """
    form = _TYPES.get(content_type.partition(";")[0].strip().casefold())
    if form is None:
        raise Refusal(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "Content-Type 应为 / must be application/json 或 / or application/x-ndjson",
        )
    return form


class Bodies:
    """Check bodies; names of fields that were found good are remembered, since records repeat them."""

    def __init__(self) -> None:
        self._good: set[tuple[str, ...]] = set()

    def records(self, body: bytes, form: Form, limits: Limits) -> int:
        """Return how many records a body holds.

        Raises:
            Refusal: It is no JSON, no record, or too many of them.
        """
        found = _document(body) if form == "json" else _lines(body)
        if not found:
            raise malformed("没有记录 / there is no record")
        if len(found) > limits.records:
            raise Refusal(
                413, "REQUEST_TOO_LARGE", f"至多 {limits.records} 条记录 / records at most in one request"
            )
        for number, record in enumerate(found, start=1):
            self._check(number, record)
        return len(found)

    def _check(self, number: int, record: Any) -> None:
        if type(record) is not dict:
            raise malformed(f"第 {number} 条: 应为 JSON 对象 / record {number}: must be a JSON object")
        if not _PLAIN.issuperset(map(type, record.values())):
            place = 1 + next(i for i, value in enumerate(record.values()) if type(value) not in _PLAIN)
            raise malformed(
                f"第 {number} 条第 {place} 个字段: 应为文本、数、true、false 或 null / "
                f"record {number}, field {place}: must be a text, a number, true, false or null"
            )
        names = tuple(record)
        if names not in self._good:
            _check_names(number, names)
            if len(self._good) >= _KNOWN_LIMIT:
                self._good.clear()
            self._good.add(names)


def _check_names(number: int, names: tuple[str, ...]) -> None:
    if not 1 <= len(names) <= MOST_FIELDS:
        raise malformed(
            f"第 {number} 条: 应有 1 - {MOST_FIELDS} 个字段 / record {number}: 1 - {MOST_FIELDS} fields"
        )
    for place, name in enumerate(names, start=1):
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise malformed(
                f"第 {number} 条第 {place} 个字段: 字段名为空、过长或含控制字符 / "
                f"record {number}, field {place}: its name is empty, too long or holds control characters"
            )


def _document(body: bytes) -> list[Any]:
    found = _parsed(body, 1)
    return found if isinstance(found, list) else [found]


def _lines(body: bytes) -> list[Any]:
    return [_parsed(line, number) for number, line in enumerate(body.split(b"\n"), start=1) if line.strip()]


def _parsed(text: bytes, first_line: int) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        line, column, what = error.lineno, error.colno, "JSON"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        before = text[: error.start].decode()
        line, column, what = before.count("\n") + 1, len(before) - before.rfind("\n"), "UTF-8"
    line += first_line - 1
    raise malformed(
        f"第 {line} 行第 {column} 列: 不是 {what} / line {line}, column {column}: not {what}; "
        "全部未收下 / nothing of it was kept"
    )
