"""Refusals of the sharing server, in the protocol's form ``{"errorCode", "message"}``.

Here: one exception and one function per kind. What is the client's is 4xx: official clients take a 5xx for a passing
fault and ask ten times more. Messages never repeat what was sent. Not here: when to refuse.
"""

from collections.abc import Mapping

import orjson
from starlette.responses import Response


class Refusal(Exception):
    """Say no to a request.

    Attributes:
        status: HTTP status; ``code`` the protocol's word; ``message`` what a person reads.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    def response(self) -> Response:
        """Return the answer that tells it."""
        body = orjson.dumps({"errorCode": self.code, "message": self.message})
        return Response(body, self.status, self.headers, "application/json; charset=utf-8")


def invalid(message: str) -> Refusal:
    """Refuse a parameter."""
    return Refusal(400, "INVALID_PARAMETER_VALUE", message)


def malformed(message: str) -> Refusal:
    """Refuse a body or header that cannot be read."""
    return Refusal(400, "MALFORMED_REQUEST", message)


def unsupported(message: str) -> Refusal:
    """Refuse what the protocol knows and this server or table does not offer."""
    return Refusal(400, "UNSUPPORTED_OPERATION", message)


def unknown(what: str) -> Refusal:
    """Refuse what is not there, or is not granted: the answer is the same."""
    return Refusal(
        404, "RESOURCE_DOES_NOT_EXIST", f"没有此{what}，或未获授权 / it does not exist or is not granted"
    )


def unauthenticated() -> Refusal:
    """Refuse a request without a credential that holds."""
    return Refusal(
        401,
        "UNAUTHENTICATED",
        "凭证缺失、无效或已过期 / the credential is missing, not valid or expired",
        {"WWW-Authenticate": 'Bearer realm="delta-sharing"'},
    )


def forbidden(message: str) -> Refusal:
    """Refuse a known recipient."""
    return Refusal(403, "PERMISSION_DENIED", message)


def too_many(seconds: int) -> Refusal:
    """Refuse a recipient over its rate, and say when to come again."""
    return Refusal(
        429,
        "REQUEST_LIMIT_EXCEEDED",
        "请求过于频繁 / too many requests",
        {"Retry-After": str(max(1, seconds))},
    )


def unavailable() -> Refusal:
    """Refuse to answer because what must be asked or kept first cannot be: nothing has been handed out."""
    return Refusal(
        503, "TEMPORARILY_UNAVAILABLE", "暂时无法提供，请稍后再试 / try again later", {"Retry-After": "5"}
    )
