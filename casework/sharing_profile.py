"""Profile files of Delta Sharing: what a recipient's client needs to reach the platform, written once.

Here: the two shapes that clients read (bearer: version 1; OAuth client credentials: version 2), and writing a fresh
one. Not here: tokens themselves (``credentials.py``). A file holds a secret: its owner alone may read it.
"""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from casework.access_actors import check_administers
from casework.actors import Actor
from casework.credentials import Issued, issue_client, issue_token
from casework.ledger import Act, advance
from casework.recipient_rows import recipient_entry
from casework.state import State
from resource_catalogue.errors import SettingError, own_place
from resource_catalogue.release import Release
from resource_catalogue.settings import ServingSettings

SHARING_PATH = "/delta-sharing"
"""Path of the sharing endpoint below the platform's address."""
TOKEN_PATH = "/oauth/token"
"""Path of the token endpoint below the sharing endpoint."""


def profile_file(endpoint: str, token: str, expires: dt.datetime) -> dict[str, Any]:
    """Return a bearer profile, version 1: clients refuse bearer tokens of version 2.

    >>> utc = dt.timezone.utc
    >>> profile_file("https://d.example/delta-sharing/", "t", dt.datetime(2026, 9, 12, tzinfo=utc))
    ... # doctest: +NORMALIZE_WHITESPACE
    {'shareCredentialsVersion': 1, 'endpoint': 'https://d.example/delta-sharing', 'bearerToken': 't',
     'expirationTime': '2026-09-12T00:00:00.000Z'}
    """
    return {
        "shareCredentialsVersion": 1,
        "endpoint": checked_endpoint(endpoint),
        "bearerToken": token,
        "expirationTime": _instant(expires),
    }


def client_profile_file(
    endpoint: str, client_id: str, secret: str, token_endpoint: str = ""
) -> dict[str, Any]:
    """Return a profile of OAuth client credentials, version 2.

    >>> client_profile_file("http://localhost:8080/delta-sharing", "demo_tax-1", "s")["tokenEndpoint"]
    'http://localhost:8080/delta-sharing/oauth/token'
    """
    base = checked_endpoint(endpoint)
    return {
        "shareCredentialsVersion": 2,
        "type": "oauth_client_credentials",
        "endpoint": base,
        "tokenEndpoint": checked_endpoint(token_endpoint) if token_endpoint else base + TOKEN_PATH,
        "clientId": client_id,
        "clientSecret": secret,
    }


def write_profile(
    state: State,
    release: Release,
    recipient_id: str,
    out: Path,
    endpoint: str,
    actor: Actor,
    as_of: dt.datetime,
    settings: ServingSettings,
    oauth: bool = False,
    token_endpoint: str = "",
) -> Issued:
    """Issue a fresh credential and write its profile file once: mode 0600, never over an existing file.

    Raises:
        SettingError: The file is there already, its folder is not, or the endpoint is no address.
        NotPermitted: The actor is no data or quality officer of authority or operator.
        NotFoundError: There is no such recipient.
        CaseError: The recipient is suspended or has ended.
    """
    checked_endpoint(endpoint)
    check_administers(release, actor, f"接收方 / recipient {recipient_id}", state.day(as_of))
    handle = _new_file(out)

    def hand_over(issued: Issued) -> None:
        if oauth:
            content = client_profile_file(endpoint, issued.id, issued.secret, token_endpoint)
        else:
            content = profile_file(endpoint, issued.secret, issued.expires_at)
        with own_place(out):
            _write(handle, content)

    try:
        issue = issue_client if oauth else issue_token
        issued = issue(state, release, recipient_id, actor, as_of, settings, hand_over)
    except BaseException:
        os.close(handle)
        out.unlink(missing_ok=True)
        raise
    os.close(handle)
    _record(state, recipient_id, issued, actor, as_of)
    return issued


def checked_endpoint(endpoint: str) -> str:
    """Return an address without its last slash.

    Raises:
        SettingError: It is no http or https address of a host, or holds a query or a user.
    """
    parts = urlsplit(endpoint)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise SettingError(
            "选项 / option --endpoint",
            "不是服务地址 / not an address of the service",
            "https://data.example.gov.cn/delta-sharing",
            "改正地址，或设置 serving.base_url / correct it, or set serving.base_url",
        )
    return endpoint.rstrip("/")


def _new_file(out: Path) -> int:
    if not out.parent.is_dir():
        raise SettingError(
            str(out.parent),
            "没有此目录 / no such folder",
            "已有的目录 / an existing folder",
            "先建目录 / make it first",
        )
    try:
        return os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingError(
            str(out),
            "文件已存在 / the file is there already",
            "新文件 / a new file",
            "换一个文件名 / choose another name; a profile is written once",
        ) from None
    except OSError as error:
        with own_place(out):
            raise error


def _write(handle: int, content: dict[str, Any]) -> None:
    os.write(handle, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
    os.fsync(handle)


def _record(state: State, recipient_id: str, issued: Issued, actor: Actor, as_of: dt.datetime) -> None:
    with state.write() as session:
        entry = recipient_entry(session, recipient_id)
        detail = {"recipient": entry.id, "credential": issued.id, "expires_at": issued.expires_at.isoformat()}
        advance(session, entry.case, Act("write_profile", actor, as_of, detail=detail))


def _instant(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
