"""One way through the server for every request: admit, work, record, answer.

Here: the order of these, and what becomes of refusals and of faults. The record is written before the first byte, also
of a refusal to a known recipient; where it cannot be, nothing is answered. Not here: the work of an endpoint.
"""

import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from starlette.requests import Request
from starlette.responses import Response

from lake.shared import SharedLake, TableRefused, VersionMissing
from resource_catalogue.access_words import Access, AccessAction
from resource_catalogue.settings import ServingSettings
from serving.asked_for import Entries, asked_place, no_entries
from serving.request_ids import new_request_id
from serving.sharing.addresses import FileAddresses, OwnAddresses
from serving.sharing.answers import Answer, Subject, access_of
from serving.sharing.gate import Caller, Gate
from serving.sharing.listing_cache import ListingCache
from serving.sharing.ports import Recorder
from serving.sharing.refusals import Refusal, invalid, unavailable, unsupported
from serving.sharing.signing import Signer

_LOG = logging.getLogger("civiclake.sharing")
_UNRECORDED = frozenset({401, 429})


@dataclass(frozen=True, slots=True)
class Sharing:
    """Hold what the endpoints work with.

    Attributes:
        addresses: Maker of the addresses in answers; ``own_addresses`` reads those that this server answers.
        body_seconds: Longest time that a request's body may take.
        entries: Ids of the catalogue, by which the record names what a refused request asked for.
    """

    lake: SharedLake
    gate: Gate
    recorder: Recorder
    now: Callable[[], dt.datetime]
    signer: Signer
    addresses: FileAddresses
    own_addresses: OwnAddresses
    settings: ServingSettings
    base_url: str | None
    body_seconds: float
    listings: ListingCache = field(default_factory=ListingCache)
    entries: Entries = no_entries

    async def record(self, access: Access) -> None:
        """Record an access durably.

        Raises:
            Refusal: 503: it could not be; nothing may be answered.
        """
        try:
            await self.recorder.write(access)
        except Exception:
            raise unavailable() from None


@dataclass(slots=True)
class Asked:
    """Hold one admitted request.

    Attributes:
        subject: What it is about, set as soon as that is known, so that a refusal is recorded with it.
    """

    sharing: Sharing
    request: Request
    caller: Caller
    subject: Subject = field(default_factory=Subject)


Work = Callable[[Asked], Awaitable[Answer]]
Handler = Callable[[Request], Awaitable[Response]]


def endpoint(sharing: Sharing, action: AccessAction, work: Work) -> Handler:
    """Return the handler of an endpoint that needs a credential."""

    async def handle(request: Request) -> Response:
        request_id = new_request_id()
        try:
            caller = await sharing.gate.admit(request, sharing.now())
            asked = Asked(sharing, request, caller)
            try:
                answer = await refusing(work(asked))
            except Refusal as refusal:
                if refusal.status not in _UNRECORDED:
                    subject = await _refused_subject(asked)
                    await sharing.record(access_of(action, caller, subject, refusal.code, 0, request_id))
                raise
            await sharing.record(
                access_of(action, caller, answer.subject, "answered", answer.size, request_id)
            )
            return answer.response(request_id)
        except Refusal as refusal:
            return refused(refusal, request_id)
        except Exception as error:
            return fault(error, request_id)

    return handle


async def _refused_subject(asked: Asked) -> Subject:
    """Return what a refused request was about: what it asked for, where no grant is known."""
    if asked.subject.grant is not None:
        return asked.subject
    entries = {grant.entry for grant in asked.caller.permit.grants} | set(await asked.sharing.entries())
    entry, place = asked_place(asked.request.path_params, asked.caller.recipient.id, entries)
    return replace(asked.subject, entry=entry, detail={"asked": place} if place else {})


async def refusing(work: Awaitable[Answer]) -> Answer:
    """Do the work; what a table does not have or may not give is the client's to hear.

    Raises:
        Refusal: 400.
    """
    try:
        return await work
    except VersionMissing:
        raise invalid("没有此版本或已不保留 / this version does not exist or is no longer kept") from None
    except TableRefused:
        raise unsupported("此表不能提供 / this table cannot be shared") from None


def refused(refusal: Refusal, request_id: str) -> Response:
    """Return the answer of a refusal."""
    response = refusal.response()
    response.headers["X-Request-ID"] = request_id
    return response


def fault(error: Exception, request_id: str) -> Response:
    """Answer a fault of the server's own; its text may hold values, so that only its kind and place are logged."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    _LOG.error("%s at %s (request %s)", type(error).__name__, place, request_id)
    return refused(Refusal(500, "INTERNAL_ERROR", ""), request_id)
