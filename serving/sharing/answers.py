"""Answers: whole before the first byte goes out, with their length, so that a cut one cannot look whole.

Here: the answer of an endpoint with what the record of access needs to know of it, and its way to the network. Not
here: its lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from resource_catalogue.access_words import Access, AccessAction, Grant
from serving.sharing.gate import Caller

LINES = "application/x-ndjson; charset=utf-8"
JSON = "application/json; charset=utf-8"
_CHUNK_LINES = 2000
_COMMON = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class WholeResponse(Response):
    """Send parts that are all there already, under one Content-Length.

    Args:
        parts: Everything that will be sent.
    """

    def __init__(self, parts: Sequence[bytes], headers: Mapping[str, str], media_type: str) -> None:
        self._parts = parts
        length = str(sum(map(len, parts)))
        super().__init__(None, 200, {**_COMMON, **headers, "Content-Length": length}, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts in order."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for part in self._parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass(frozen=True, slots=True)
class Subject:
    """Say what an access is about, once that is known.

    Attributes:
        grant: Grant that it rests on; null for a listing of what is shared.
        version: Version that was read, null where there is none.
        entry: Entry that a refused request asked for without a grant; empty where the catalogue has none such.
    """

    grant: Grant | None = None
    version: int | None = None
    rows: int = 0
    detail: Mapping[str, str] = field(default_factory=dict)
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold an answer that is ready to be recorded and sent.

    Attributes:
        parts: Body in parts; ``subject`` what the record says of it.
    """

    parts: Sequence[bytes]
    subject: Subject
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON

    @property
    def size(self) -> int:
        """Return the bytes of the body."""
        return sum(map(len, self.parts))

    def response(self, request_id: str) -> Response:
        """Return it on its way to the network."""
        return WholeResponse(self.parts, {**self.headers, "X-Request-ID": request_id}, self.media_type)


def json_answer(content: object, subject: Subject) -> Answer:
    """Return an answer of one JSON object."""
    return Answer([orjson.dumps(content)], subject)


def joined_lines(lines: Iterable[bytes]) -> list[bytes]:
    """Join lines to parts of some thousand, each line with its end."""
    parts: list[bytes] = []
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        if len(held) == _CHUNK_LINES:
            parts.append(b"\n".join(held) + b"\n")
            held = []
    if held:
        parts.append(b"\n".join(held) + b"\n")
    return parts


def access_of(
    action: AccessAction, caller: Caller, subject: Subject, result: str, size: int, request_id: str
) -> Access:
    """Return the entry of the record for one access; it holds no value of a row."""
    grant = subject.grant
    return Access(
        at=caller.at,
        action=action,
        result=result,
        recipient_id=caller.recipient.id,
        agency_id=caller.recipient.agency_id or "",
        purpose=grant.purpose if grant else "",
        grant_id=grant.id if grant else "",
        entry=grant.entry if grant else subject.entry,
        columns=grant.columns if grant else (),
        table=str(grant.table) if grant else "",
        version=subject.version,
        rows=subject.rows,
        bytes=size,
        divisions=grant.divisions if grant else (),
        request_id=request_id,
        detail=dict(subject.detail),
    )
