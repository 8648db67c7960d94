"""The addresses of keyed lookup: one subject by GET, up to a thousand by POST, and verification.

Here: reading requests, and the order of admitting, finding, recording, answering. Every subject that was asked for is
recorded before the first byte of the answer. Identifiers belong into the body: GET has them in the address, which
proxies may log; it is there because the text asks for request and response, and is told so in the docs.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resource_catalogue.access_words import Access, AccessAction
from resource_catalogue.settings import ServingSettings
from serving.asked_for import UNKNOWN, Entries, asked_entry, no_entries
from serving.lookup.answers import Asked, Json, Lookup
from serving.lookup.openapi import LOOKUP_DESCRIPTION_PATH, lookup_document
from serving.request_ids import new_request_id
from serving.sharing.asking import read_body, read_object
from serving.sharing.endpoint import fault, refused
from serving.sharing.gate import Caller, Gate
from serving.sharing.ports import Recorder
from serving.sharing.refusals import Refusal, invalid, malformed, unavailable

_INLINE = 8
"""Subjects that are looked up at once; for more, a thread keeps the server answering others."""
_BODY_SECONDS = 30.0
_LONGEST_KEY = 200
_Result = TypeVar("_Result")
Handler = Callable[[Request], Awaitable[Response]]
Work = Callable[["LookupServer", Asked, Request], Awaitable[tuple[Json, list[Access]]]]


@dataclass(frozen=True)
class LookupServer:
    """Hold what the addresses work with."""

    lookup: Lookup
    gate: Gate
    recorder: Recorder
    now: Callable[[], dt.datetime]
    settings: ServingSettings
    entries: Entries = no_entries

    async def record(self, accesses: Sequence[Access]) -> None:
        """Record accesses durably, all in one waiting.

        Raises:
            Refusal: 503: one could not be; nothing may be answered.
        """
        try:
            await asyncio.gather(*(self.recorder.write(access) for access in accesses))
        except Exception:
            raise unavailable() from None

    def spend(self, caller: Caller, subjects: int) -> None:
        """Count every subject of a batch as a request; the first was counted at the gate.

        Raises:
            Refusal: 429.
        """
        for _ in range(subjects - 1):
            self.gate.quotas.spend_request(caller.recipient, caller.at)


def lookup_routes(server: LookupServer) -> list[Route]:
    """Return the routes ``/lookup/{entry}`` and ``/verify/{entry}``, and their description."""
    document = orjson.dumps(lookup_document(server.settings.lookup_batch))

    async def described(request: Request) -> Response:
        return Response(document, media_type="application/json")

    return [
        Route(LOOKUP_DESCRIPTION_PATH, described, methods=["GET"]),
        Route("/lookup/{entry}", _handler(server, "lookup", _one), methods=["GET"]),
        Route("/lookup/{entry}", _handler(server, "lookup", _many), methods=["POST"]),
        Route("/verify/{entry}", _handler(server, "verify", _verified), methods=["POST"]),
    ]


def _handler(server: LookupServer, action: AccessAction, work: Work) -> Handler:
    async def handle(request: Request) -> Response:
        request_id = new_request_id()
        try:
            caller = await server.gate.admit(request, server.now())
            entry = request.path_params["entry"]
            asked = Asked(caller.recipient, caller.permit.grants, entry, "", caller.at, request_id)
            try:
                answer, accesses = await work(server, asked, request)
                body = orjson.dumps(answer)
                server.gate.quotas.spend_bytes(caller.recipient, len(body), caller.at)
            except Refusal as refusal:
                await server.record([await _refused_access(server, asked, action, refusal)])
                raise
            await server.record(_sized(accesses, len(body)))
            headers = {"X-Request-ID": request_id, "Cache-Control": "no-store"}
            return Response(body, 200, headers, "application/json")
        except Refusal as refusal:
            return refused(refusal, request_id)
        except Exception as error:
            return fault(error, request_id)

    return handle


async def _one(server: LookupServer, asked: Asked, request: Request) -> tuple[Json, list[Access]]:
    key, purpose = (request.query_params.get(name, "") for name in ("key", "purpose"))
    _check_keys([key])
    return await _looked_up(server, _for(asked, purpose), [key])


async def _many(server: LookupServer, asked: Asked, request: Request) -> tuple[Json, list[Access]]:
    body = await _body(server, request)
    keys = body.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise malformed("keys: 应为文本列表 / must be a list of texts")
    _check_number(server, len(keys))
    _check_keys(keys)
    now = await _again(server, asked, request, len(keys))
    return await _looked_up(server, _for(now, body.get("purpose")), keys)


async def _verified(server: LookupServer, asked: Asked, request: Request) -> tuple[Json, list[Access]]:
    body = await _body(server, request)
    checks = body.get("checks", [{"key": body.get("key"), "values": body.get("values")}])
    if not isinstance(checks, list):
        raise malformed("checks: 应为列表 / must be a list")
    _check_number(server, len(checks))
    read = [_check(one) for one in checks]
    named = _for(await _again(server, asked, request, len(read)), body.get("purpose"))
    return await _worked(len(read), lambda: server.lookup.verify(named, read))


async def _again(server: LookupServer, asked: Asked, request: Request, subjects: int) -> Asked:
    """Count the subjects of a batch and return what is granted now: it may have been revoked while it was read."""
    caller = await server.gate.permitted(asked.recipient.id, request, server.now())
    server.spend(caller, subjects)
    return replace(asked, recipient=caller.recipient, grants=caller.permit.grants, at=caller.at)


async def _looked_up(server: LookupServer, asked: Asked, keys: list[str]) -> tuple[Json, list[Access]]:
    return await _worked(len(keys), lambda: server.lookup.look_up(asked, keys))


async def _worked(subjects: int, work: Callable[[], _Result]) -> _Result:
    return work() if subjects <= _INLINE else await anyio.to_thread.run_sync(work)


async def _body(server: LookupServer, request: Request) -> dict[str, Any]:
    raw = await read_body(request, server.settings.body_bytes, _BODY_SECONDS)
    return read_object(raw, request.headers.get("content-type", ""))


def _for(asked: Asked, purpose: object) -> Asked:
    """Name the purpose of a request.

    Raises:
        Refusal: It is missing: who looks up must say for what (Yancheng a20¶3).
    """
    if not isinstance(purpose, str) or not purpose.strip():
        raise invalid("purpose: 须说明使用用途 / say what the data are used for")
    return replace(asked, purpose=purpose.strip())


def _check(one: object) -> tuple[str, Mapping[str, str]]:
    if not isinstance(one, dict):
        raise malformed("checks: 应为对象 / must be objects")
    key, values = one.get("key"), one.get("values")
    if not isinstance(key, str):
        raise malformed("key: 应为文本 / must be a text")
    if not isinstance(values, dict) or not values or not all(isinstance(v, str) for v in values.values()):
        raise malformed("values: 应为字段到文本的对象 / must be an object of texts by column")
    _check_keys([key])
    return key, values


def _check_keys(keys: Sequence[str]) -> None:
    if any(not key.strip() or len(key) > _LONGEST_KEY for key in keys):
        raise invalid(f"key: 1 - {_LONGEST_KEY} 个字符 / characters")


def _check_number(server: LookupServer, number: int) -> None:
    if not 1 <= number <= server.settings.lookup_batch:
        raise invalid(f"1 - {server.settings.lookup_batch} 个 / subjects in one request")


def _sized(accesses: list[Access], size: int) -> list[Access]:
    """Share the bytes of the answer out among the subjects."""
    each = size // max(1, len(accesses))
    return [replace(access, bytes=each) for access in accesses]


async def _refused_access(
    server: LookupServer, asked: Asked, action: AccessAction, refusal: Refusal
) -> Access:
    known = {grant.entry for grant in asked.grants} | set(await server.entries())
    entry = asked_entry(asked.entry, known)
    return Access(
        at=asked.at,
        action=action,
        result=refusal.code,
        recipient_id=asked.recipient.id,
        agency_id=asked.recipient.agency_id or "",
        entry=entry,
        request_id=asked.request_id,
        detail={} if entry else {"asked": UNKNOWN},
    )
