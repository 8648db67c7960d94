"""The gate: who asks, from where, how often, and what is granted at this moment.

Here: credentials in the header, access tokens of the token endpoint, networks, quotas; the permit is read anew for each
request, so that a suspension acts on the next one. Not here: what is done once inside.
"""

import datetime as dt
import ipaddress
from dataclasses import dataclass

from starlette.requests import Request

from resource_catalogue.access_words import Recipient
from serving.sharing.ports import Doors, Holder, Permit
from serving.sharing.quota import Quotas
from serving.sharing.refusals import forbidden, unauthenticated, unavailable
from serving.sharing.signing import Signer
from serving.sharing.visible import VisibleTable, visible_tables

_ACCESS_PREFIX = "clat."
_LONGEST_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class Caller:
    """Hold who asks and what is granted, at the instant of one request."""

    permit: Permit
    at: dt.datetime

    @property
    def recipient(self) -> Recipient:
        """Return who asks."""
        return self.permit.recipient

    @property
    def tables(self) -> list[VisibleTable]:
        """Return what it sees."""
        return visible_tables(self.permit)


class Gate:
    """Admit requests.

    Args:
        access_minutes: Life of an access token.
    """

    def __init__(self, doors: Doors, signer: Signer, quotas: Quotas, access_minutes: int) -> None:
        self._doors, self._signer, self.quotas = doors, signer, quotas
        self.access_seconds = access_minutes * 60

    async def admit(self, request: Request, now: dt.datetime) -> Caller:
        """Return who asks, after checking credential, network, permit and quota.

        Raises:
            Refusal: 401, 403, 429, or 503 where the credential cannot be looked up.
        """
        holder = await self._holder(_bearer(request), now)
        if holder is None:
            raise unauthenticated()
        caller = _admitted(holder, request, now)
        self.quotas.spend_request(caller.recipient, now)
        return caller

    async def permitted(self, recipient_id: str, request: Request, now: dt.datetime) -> Caller:
        """Return what a recipient may see now from where the request comes.

        Raises:
            Refusal: 403: it is suspended or has ended, or may not call from there.
        """
        try:
            permit = await self._doors.permit(recipient_id, now)
        except Exception:
            raise unavailable() from None
        return _admitted(Holder(recipient_id, permit), request, now)

    async def client(self, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
        """Return whose client credentials they are.

        Raises:
            Refusal: 503: they cannot be looked up.
        """
        try:
            return await self._doors.client(client_id, secret, now)
        except Exception:
            raise unavailable() from None

    def access_token(self, recipient: Recipient, client_id: str, now: dt.datetime) -> str:
        """Return a signed token that ends by itself; nothing is stored."""
        ends = int(now.timestamp()) + self.access_seconds
        return _ACCESS_PREFIX + self._signer.token("access", {"r": recipient.id, "c": client_id, "x": ends})

    async def _holder(self, token: str, now: dt.datetime) -> Holder | None:
        try:
            if not token.startswith(_ACCESS_PREFIX):
                return await self._doors.bearer(token, now)
            content = self._signer.content("access", token.removeprefix(_ACCESS_PREFIX))
            if content is None or now.timestamp() >= content["x"]:
                return None
            return await self._doors.client_holder(str(content["c"]), str(content["r"]), now)
        except Exception:
            raise unavailable() from None


def _admitted(holder: Holder, request: Request, now: dt.datetime) -> Caller:
    """Let a known recipient in.

    Raises:
        Refusal: 403: it is suspended or has ended, or may not call from there.
    """
    permit = holder.permit
    if permit is None or permit.recipient.state != "active" or permit.recipient.id != holder.recipient_id:
        raise forbidden("已暂停或终止 / suspended or ended")
    _check_network(permit.recipient, request)
    return Caller(permit, now)


def _bearer(request: Request) -> str:
    """Return the token of the header.

    Raises:
        Refusal: There is none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.casefold() != "bearer" or not token or len(token) > _LONGEST_TOKEN or not token.isascii():
        raise unauthenticated()
    return token


def _check_network(recipient: Recipient, request: Request) -> None:
    """Refuse a caller from outside the recipient's networks.

    Raises:
        Refusal: 403.
    """
    if recipient.networks and not _is_inside(
        request.client.host if request.client else "", recipient.networks
    ):
        raise forbidden("来源地址不在允许范围 / this address is not among those allowed")


def _is_inside(host: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    for text in networks:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
        if address.version == network.version and address in network:
            return True
    return False
