"""Reading what a client sends: bodies of bounded size and time, parameters of the right type.

Here: everything that looks at bytes from outside before it is believed. Not here: who sends it (``gate``).
"""

import asyncio
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from serving.sharing.refusals import Refusal, invalid, malformed

_DIGITS = re.compile(r"^[0-9]{1,19}\Z", re.ASCII)
_LARGEST = 2**63 - 1
_MOST_RESULTS = 500
_JSON_TYPES = ("application/json", "")


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """Read a body, counting while it arrives.

    Args:
        limit: Most bytes.
        seconds: Longest time that it may take.

    Raises:
        Refusal: It is larger (413) or slower (408), or the client left.
    """
    declared = request.headers.get("content-length", "")
    if _DIGITS.match(declared) and int(declared) > limit:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                body += part
                if len(body) > limit:
                    raise _too_large()
    except TimeoutError:
        raise Refusal(
            408, "REQUEST_TIMEOUT", "请求传送过慢 / the request was too slow", {"Connection": "close"}
        ) from None
    except ClientDisconnect:
        raise malformed("请求不完整 / the request is not whole") from None
    return bytes(body)


def _too_large() -> Refusal:
    return Refusal(413, "REQUEST_TOO_LARGE", "请求过大 / the request is too large", {"Connection": "close"})


def read_object(body: bytes, content_type: str) -> dict[str, Any]:
    """Read a JSON object; an empty body is an empty one.

    Raises:
        Refusal: It is of another type (415), or no JSON object (400).
    """
    if content_type.partition(";")[0].strip().casefold() not in _JSON_TYPES:
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "应为 / expected: application/json")
    if not body.strip():
        return {}
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise malformed("正文不是 JSON / the body is not JSON") from None
    if not isinstance(content, dict):
        raise malformed("正文应为 JSON 对象 / the body must be a JSON object")
    return content


def whole_number(value: Any, name: str) -> int | None:
    """Read a whole number from a JSON number or digits; null where absent.

    Raises:
        Refusal: It is of another type, negative or beyond 64 bits.
    """
    if value is None:
        return None
    if isinstance(value, str) and _DIGITS.match(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(f"{name}: 应为整数 / must be a whole number")
    if not 0 <= value <= _LARGEST:
        raise invalid(f"{name}: 应为非负的 64 位整数 / must be a 64-bit number from 0")
    return int(value)


def number_parameter(parameters: Mapping[str, str], name: str) -> int | None:
    """Read a whole number of the query string; null where absent.

    Raises:
        Refusal: It is no number from 0.
    """
    text = parameters.get(name)
    if text is None:
        return None
    if not _DIGITS.match(text) or int(text) > _LARGEST:
        raise invalid(f"{name} is not a valid number.")
    return int(text)


def flag_parameter(parameters: Mapping[str, str], name: str) -> bool:
    """Read yes or no of the query string, in any case; absent is no.

    Raises:
        Refusal: It is neither.
    """
    text = parameters.get(name, "false").casefold()
    if text not in ("true", "false"):
        raise invalid(f"{name}: true, false")
    return text == "true"


def instant_ms(text: str | None, name: str) -> int | None:
    """Read an instant of ISO 8601 with its zone, as milliseconds since 1970; null where absent.

    Raises:
        Refusal: It is none, or has no zone.
    """
    if text is None:
        return None
    try:
        instant = dt.datetime.fromisoformat(text) if "T" in text and len(text) <= 40 else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise invalid(f"{name}: ISO 8601 且带时区 / ISO 8601 with a zone, such as 2026-03-01T00:00:00Z")
    return (instant - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


def max_results(parameters: Mapping[str, str]) -> int:
    """Read the size of a page, 0 to 500; 500 where absent.

    Raises:
        Refusal: It is no such number.
    """
    text = parameters.get("maxResults")
    if text is None:
        return _MOST_RESULTS
    if not _DIGITS.match(text) or int(text) > _MOST_RESULTS:
        raise invalid(f"maxResults: 0 - {_MOST_RESULTS}")
    return int(text)


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """Hold the body of a query of a table, each field of the right type.

    Attributes:
        given: The fields that say what is asked, for binding page tokens to them.
    """

    sql_hints: tuple[str, ...]
    json_hint: str | None
    limit: int | None
    version: int | None
    timestamp_ms: int | None
    starting_version: int | None
    ending_version: int | None
    with_protocols: bool
    max_files: int | None
    page_token: str | None
    with_refresh: bool
    refresh_token: str | None
    given: Mapping[str, Any]

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> "TableQuestion":
        """Read the fields; unknown ones are passed over, as later clients send more.

        Raises:
            Refusal: One is of another type.
        """
        sql = content.get("predicateHints")
        if sql is None:
            sql = []
        if not isinstance(sql, list) or not all(isinstance(text, str) for text in sql):
            raise malformed("predicateHints: 应为文本列表 / must be a list of texts")
        return cls(
            tuple(sql),
            _text(content, "jsonPredicateHints"),
            whole_number(content.get("limitHint"), "limitHint"),
            whole_number(content.get("version"), "version"),
            instant_ms(_text(content, "timestamp"), "timestamp"),
            whole_number(content.get("startingVersion"), "startingVersion"),
            whole_number(content.get("endingVersion"), "endingVersion"),
            _flag(content, "includeHistoricalProtocol"),
            most_files(whole_number(content.get("maxFiles"), "maxFiles")),
            _text(content, "pageToken") or None,
            _flag(content, "includeRefreshToken"),
            _text(content, "refreshToken") or None,
            {key: content.get(key) for key in sorted(_ASKING) if content.get(key) is not None},
        )


_ASKING = (
    "predicateHints",
    "jsonPredicateHints",
    "limitHint",
    "version",
    "timestamp",
    "startingVersion",
    "endingVersion",
    "includeHistoricalProtocol",
)


def most_files(number: int | None) -> int | None:
    """Check the number of files of a page.

    Raises:
        Refusal: It is 0.
    """
    if number == 0:
        raise invalid("maxFiles: 1 -")
    return number


def _text(content: Mapping[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise malformed(f"{name}: 应为文本 / must be a text")
    return value


def _flag(content: Mapping[str, Any], name: str) -> bool:
    value = content.get(name)
    if value is not None and not isinstance(value, bool):
        raise malformed(f"{name}: true, false")
    return bool(value)
