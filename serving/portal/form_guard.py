"""What keeps forms from being filled in by machines or by other sites: signed tokens, a trap, a limit per address.

Here: checks that know nothing of what a form says. Not here: the forms (``forms.py``). Addresses are kept as keyed
hashes, in memory only, for as long as they count.
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
import unicodedata
from collections import deque

from starlette.requests import Request

from serving.portal.ports import PortalSettings

COOKIE = "portal_form"
TRAP = "website"
"""Field that people do not see and machines fill in."""
TOKEN_HOURS = 4
_MOST_ADDRESSES = 50_000


class Limit:
    """Bound how often one address may do a thing within a span of time."""

    def __init__(self, times: int, within: dt.timedelta) -> None:
        self.times, self.within = times, within
        self._seen: dict[bytes, deque[dt.datetime]] = {}

    def admits(self, address: bytes, now: dt.datetime) -> bool:
        """Tell whether an address may do it once more, and count it if so."""
        times = self._seen.setdefault(address, deque())
        while times and times[0] <= now - self.within:
            times.popleft()
        if len(times) >= self.times:
            return False
        times.append(now)
        if len(self._seen) > _MOST_ADDRESSES:
            self._forget(now)
        return True

    def forgive(self, address: bytes) -> None:
        """Count anew what an address, or an account, has done."""
        self._seen.pop(address, None)

    def _forget(self, now: dt.datetime) -> None:
        """Drop addresses that no longer count, so that memory stays bounded."""
        self._seen = {
            key: times for key, times in self._seen.items() if times and times[-1] > now - self.within
        }


class FormGuard:
    """Sign and check the tokens of forms, and count what an address sends."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings
        self.forms = Limit(settings.forms_per_hour, dt.timedelta(hours=1))
        self.receipts = Limit(settings.receipts_per_minute, dt.timedelta(minutes=1))
        self.logins = Limit(settings.logins_per_hour, dt.timedelta(hours=1))
        self.failures = Limit(settings.failed_logins, dt.timedelta(hours=1))
        self.registrations = Limit(settings.registrations_per_hour, dt.timedelta(hours=1))

    def address(self, request: Request) -> bytes:
        """Return the keyed hash of the caller's address, as the outermost trusted proxy saw it."""
        caller = request.client.host if request.client else ""
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        trusted = self._settings.trusted_proxies
        if trusted and len(hops) >= trusted:
            caller = hops[-trusted]
        return hmac.digest(self._settings.secret, f"address {_counted_as(caller)}".encode(), "sha256")

    def account(self, name: str) -> bytes:
        """Return the keyed hash of an account's name, whether there is such an account or not."""
        usual = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
        return hmac.digest(self._settings.secret, f"account {usual}".encode(), "sha256")

    def token(self, now: dt.datetime) -> str:
        """Make a token that goes into both the form and the cookie (signed double submit)."""
        body = f"{int(now.timestamp()):x}.{secrets.token_hex(16)}"
        return f"{body}.{self._signature(body)}"

    def is_ours(self, token: str, cookie: str, now: dt.datetime) -> bool:
        """Tell whether form and cookie carry the same token, signed here and not too old."""
        body, _, signature = token.rpartition(".")
        if not body or not hmac.compare_digest(token.encode(), cookie.encode()):
            return False
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return False
        age = now.timestamp() - int(body.partition(".")[0], 16)
        return -60 <= age <= TOKEN_HOURS * 3600

    def _signature(self, body: str) -> str:
        return hmac.new(self._settings.secret, f"form {body}".encode(), hashlib.sha256).hexdigest()


def _counted_as(caller: str) -> str:
    """Return by what a caller is counted: an IPv6 address by its network, of which one household has a whole one.

    >>> _counted_as("2001:db8::1"), _counted_as("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        address = ipaddress.ip_address(caller)
    except ValueError:
        return caller
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
