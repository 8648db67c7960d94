"""The running portal: its holdings, ports and settings, and how a handler gets at them.

Here: what every handler shares. Not here: routes (``app.py``) and pages.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from opening.catalogue_shape import PublicDataset
from resource_catalogue.access_words import Access, AccessAction
from serving.portal.account_ports import Accounts
from serving.portal.form_guard import FormGuard
from serving.portal.fresh_keys import FreshKeys
from serving.portal.holdings import Catalogue, Holdings
from serving.portal.ports import Clock, Desk, PortalSettings, Recorder, Visitors

Handler = Callable[[Request], Awaitable[Response]]
SESSION = "portal_session"
"""Cookie of a session."""
_CHALLENGE = 'Bearer realm="portal"'


@dataclass(frozen=True)
class Portal:
    """Hold what the handlers share."""

    holdings: Holdings
    recorder: Recorder
    desk: Desk
    now: Clock
    settings: PortalSettings
    forms: FormGuard
    visitors: Visitors | None = None
    accounts: Accounts | None = None
    fresh_keys: FreshKeys = field(default_factory=FreshKeys)

    def catalogue(self) -> Catalogue:
        """Return the newest catalogue; 503 until a run has written one."""
        try:
            return self.holdings.catalogue()
        except FileNotFoundError:
            raise HTTPException(503, "no catalogue yet") from None

    def dataset(self, dataset_id: str) -> PublicDataset:
        """Return a dataset of the catalogue; 404 where there is none."""
        dataset = self.catalogue().datasets.get(dataset_id)
        if dataset is None:
            raise HTTPException(404, "no such dataset")
        return self.holdings.current(dataset)

    def base_url(self, request: Request) -> str:
        """Return the address under which the reader reaches the portal, without a slash at its end."""
        return self.settings.base_url or f"{request.url.scheme}://{request.url.netloc}"

    async def visitor(self, request: Request) -> str | None:
        """Return the id of the user that a key or session names; null where there is none, or none is told apart."""
        if self.visitors is None:
            return None
        session = request.cookies.get(SESSION)
        return await self.visitors.identify(request.headers.get("authorization"), session, self.now())

    @property
    def demands_login(self) -> bool:
        """Tell whether taking data needs a log-in: the profile demands it and this deployment offers it."""
        return self.visitors is not None and bool(self.catalogue().content["terms"]["login"])

    def check_open(self, dataset: PublicDataset) -> None:
        """Refuse a dataset that nobody may take directly.

        Raises:
            HTTPException: 403 where it is open on conditions only or not open.
        """
        if not dataset["downloadable"]:
            told = "open on conditions only" if dataset["state"] == "opened" else "not open"
            raise HTTPException(403, told)

    async def admit(self, request: Request, dataset: PublicDataset) -> str:
        """Return the visitor that may take a dataset's rows, empty for anybody.

        Raises:
            HTTPException: 403 where the dataset is open on conditions only or not open; 401 where the profile
                demands a log-in that this deployment offers and the visitor has none.
        """
        self.check_open(dataset)
        visitor = await self.visitor(request)
        if visitor is None and self.demands_login:
            raise self._login_demanded(request)
        return visitor or ""

    def _login_demanded(self, request: Request) -> HTTPException:
        """Return the refusal of a visitor without a log-in; a key that opens nothing is named as the reason."""
        base, has_key = self.base_url(request), bool(request.headers.get("authorization"))
        challenge = f'{_CHALLENGE}, error="invalid_token"' if has_key else _CHALLENGE
        how = how_to_renew_a_key(base) if has_key else how_to_log_in(base)
        return HTTPException(401, how, {"WWW-Authenticate": challenge})

    async def record(
        self, action: AccessAction, dataset: PublicDataset, visitor: str, rows: int, size: int, **detail: str
    ) -> str:
        """Record that rows of a dataset leave, before they do; return the number of the request."""
        number = uuid.uuid4().hex
        access = Access(
            at=self.now(),
            action=action,
            result="answered",
            recipient_id=visitor,
            entry=dataset["id"],
            columns=tuple(column["name"] for column in dataset["columns"]),
            table=f"open.{dataset['id']}",
            rows=rows,
            bytes=size,
            request_id=number,
            detail=detail,
        )
        await self.recorder.write(access)
        return number


def how_to_log_in(base: str) -> str:
    """Return what a program is told that asks without an access key."""
    return (
        "获取数据须先登录：注册账号并生成访问密钥，随请求发送 Authorization / taking data needs a log-in: register, "
        f"make an access key, send it as Authorization: {base}/register"
    )


def how_to_renew_a_key(base: str) -> str:
    """Return what a program is told whose access key opens nothing; which of the reasons it is stays untold."""
    return (
        "访问密钥不正确、已失效或已吊销，或者账号已停用：登录后在账号页生成新的密钥 / the access key is wrong, "
        "has run out or was revoked, or its account is suspended: log in and make a new one on the account's page: "
        f"{base}/account"
    )


def portal_of(request: Request) -> Portal:
    """Return the portal that serves a request."""
    portal: Portal = request.app.state.portal
    return portal
