"""The token endpoint: OAuth 2.0 client credentials (RFC 6749 section 4.4) for short-lived access tokens.

Here: credentials from the Basic header or the form, errors in the words of section 5.2. Access tokens are signed and
not stored. Not here: who the client is (``Doors.client``).
"""

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from serving.request_ids import new_request_id
from serving.sharing.asking import read_body
from serving.sharing.endpoint import Sharing, fault, refused
from serving.sharing.refusals import Refusal

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 20


class TokenRefusal(Exception):
    """Say no in the words of RFC 6749.

    Attributes:
        status: 400, or 401 where the client is not known.
    """

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(error)
        self.status, self.error, self.message = status, error, message

    def response(self) -> Response:
        """Return the answer, in the words of both protocols."""
        code = "UNAUTHENTICATED" if self.status == 401 else "INVALID_PARAMETER_VALUE"
        content = {
            "error": self.error,
            "error_description": self.message,
            "errorCode": code,
            "message": self.message,
        }
        headers = {"Cache-Control": "no-store"}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="delta-sharing"'
        return Response(orjson.dumps(content), self.status, headers, "application/json; charset=utf-8")


class TokenEndpoint:
    """Answer ``POST /oauth/token``."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        request_id = new_request_id()
        try:
            return await self._answer(request)
        except TokenRefusal as refusal:
            return refusal.response()
        except Refusal as refusal:
            return refused(refusal, request_id)
        except Exception as error:
            return fault(error, request_id)

    async def _answer(self, request: Request) -> Response:
        sharing, gate, now = self._sharing, self._sharing.gate, self._sharing.now()
        body = await read_body(request, sharing.settings.body_bytes, sharing.body_seconds)
        client_id, secret = _credentials(request, _form(request, body))
        recipient = await gate.client(client_id, secret, now)
        if recipient is None:
            raise TokenRefusal(401, "invalid_client", "客户端凭证无效 / the client credentials are not valid")
        caller = await gate.permitted(recipient.id, request, now)
        gate.quotas.spend_request(caller.recipient, now)
        content = {
            "access_token": gate.access_token(caller.recipient, client_id, now),
            "token_type": "Bearer",
            "expires_in": gate.access_seconds,
        }
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        return Response(orjson.dumps(content), 200, headers, "application/json; charset=utf-8")


def _form(request: Request, body: bytes) -> dict[str, str]:
    """Read the form.

    Raises:
        TokenRefusal: It is of another type, repeats a field, or asks for another kind of grant.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != _FORM:
        raise TokenRefusal(400, "invalid_request", f"应为 / expected: {_FORM}")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise TokenRefusal(400, "invalid_request", "表单无法读取 / the form cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRefusal(400, "invalid_request", "字段重复 / a field is repeated")
    if "grant_type" not in form:
        raise TokenRefusal(400, "invalid_request", "缺 grant_type / grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise TokenRefusal(400, "unsupported_grant_type", "client_credentials")
    return form


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Return client and secret from the header, else from the form.

    Raises:
        TokenRefusal: They are in neither, in both, or the header cannot be read.
    """
    header = request.headers.get("authorization")
    if header is None:
        if not form.get("client_id") or not form.get("client_secret"):
            raise TokenRefusal(401, "invalid_client", "缺客户端凭证 / the client credentials are missing")
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        raise TokenRefusal(400, "invalid_request", "凭证重复给出 / credentials are given twice")
    scheme, _, code = header.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(code.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        client_id = colon = secret = ""
    if scheme.casefold() != "basic" or not colon or not client_id:
        raise TokenRefusal(401, "invalid_client", "Authorization: Basic")
    return unquote_plus(client_id), unquote_plus(secret)
