"""Show an HTTP server who asks: a key, a token, or a token that is asked for first (OAuth 2.0 client credentials).

Here: what goes into headers and query. Not here: where secrets are kept (``Deployment.secret``).
"""

import base64
import time
from urllib.parse import quote

from ingestion.asking import Asked
from ingestion.http_client import HttpClient, Question, place_of
from ingestion.json_text import parsed
from ingestion.patience import SourceError
from resource_catalogue.sources.http_api import HttpApiSource

_SECONDS_AHEAD = 30
"""How long before its end a token is renewed."""
_SHORTEST_SECONDS = 60
_TOKEN_BYTES = 1_000_000


class ClientToken:
    """Hold a token that a client gets for its secret, and renew it before it ends.

    Args:
        secret: The client's; ``is_in_body`` whether it goes in the form instead of the ``Authorization`` header.
    """

    def __init__(
        self, client: HttpClient, url: str, client_id: str, secret: str, scope: str | None, is_in_body: bool
    ) -> None:
        self._client, self._url = client, url
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self._headers = {"Accept": "application/json"}
        if is_in_body:
            self._form |= {"client_id": client_id, "client_secret": secret}
        else:
            # Both are form-encoded first (RFC 6749 section 2.3.1).
            pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self._token, self._good_until = "", 0.0

    def text(self) -> str:
        """Return a token that is good for now.

        Raises:
            SourceError: None is given out.
        """
        if time.monotonic() >= self._good_until:
            self._renew()
        return self._token

    def _renew(self) -> None:
        question = Question(
            self._url, headers=self._headers, form=self._form, accepts=("json",), max_bytes=_TOKEN_BYTES
        )
        body = self._client.answer(question).body
        try:
            said = parsed(body)
            self._token = str(said["access_token"])
            lasts = float(said.get("expires_in", _SHORTEST_SECONDS))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SourceError(
                place_of(self._url),
                "回应中没有令牌 / the answer holds no token",
                "access_token",
                "核对 token_url / check token_url",
            ) from None
        self._good_until = time.monotonic() + lasts - _SECONDS_AHEAD


class Credentials:
    """Give what every request of a source carries.

    Raises:
        SettingError: A secret referred to is not there.
    """

    def __init__(self, source: HttpApiSource, asked: Asked, client: HttpClient) -> None:
        self._api_key, oauth2 = source.api_key, source.oauth2
        self._key = asked.secret("api_key.value", source.api_key.value) if source.api_key else ""
        self._bearer = asked.secret("bearer", source.bearer) if source.bearer else ""
        self._token: ClientToken | None = None
        if oauth2:
            secret = asked.secret("oauth2.client_secret", oauth2.client_secret)
            self._token = ClientToken(
                client, oauth2.token_url, oauth2.client_id, secret, oauth2.scope, oauth2.in_body
            )

    def query(self) -> dict[str, str]:
        """Return parameters that carry a key."""
        key = self._api_key
        return {key.name: self._key} if key and key.place == "query" else {}

    def headers(self) -> dict[str, str]:
        """Return headers that carry a key or token."""
        if self._api_key and self._api_key.place == "header":
            return {self._api_key.name: self._key}
        token = self._token.text() if self._token else self._bearer
        return {"Authorization": f"Bearer {token}"} if token else {}
