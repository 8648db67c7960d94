"""The endpoint of files: a signed address in, the bytes of one file out, in parts where asked for.

Here: checking address, permit and grant again, recording, sending from disk. Not here: making addresses.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from lake.shared import DataFile, SharedTable
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName
from serving.request_ids import new_request_id
from serving.sharing.addresses import AddressScope
from serving.sharing.answers import Subject, access_of
from serving.sharing.endpoint import Sharing, fault, refused
from serving.sharing.gate import Caller
from serving.sharing.refusals import Refusal, forbidden, unknown
from serving.sharing.visible import VisibleTable, visible_tables

_NAME = re.compile(r"^([0-9a-f]{32})\.parquet\Z", re.ASCII)
_NUMBER = re.compile(r"^[0-9]{1,18}\Z", re.ASCII)
_ONE_RANGE = re.compile(r"^bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))\Z", re.ASCII)
_MOST_RANGES = 8


class Files:
    """Answer ``GET`` and ``HEAD`` of a file's address."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    async def __call__(self, request: Request) -> Response:
        """Answer one fetch; refusals are recorded once it is known whose address it is."""
        request_id = new_request_id()
        try:
            response = await self._answer(request, request_id)
        except Refusal as refusal:
            return refused(refusal, request_id)
        except Exception as error:
            return fault(error, request_id)
        response.headers["X-Request-ID"] = request_id
        return response

    async def _answer(self, request: Request, request_id: str) -> Response:
        now = self._sharing.now()
        scope, file_id = self._addressed(request)
        if not self._sharing.own_addresses.holds(scope, file_id, request.query_params.get("sig", ""), now):
            raise forbidden("地址无效或已过期 / the address is not valid or has expired")
        caller = await self._sharing.gate.permitted(scope.recipient_id, request, now)
        # The address was signed here: grant and table in it are real.
        asked = {"file": file_id, "asked": f"{scope.grant_id}/{scope.table}"}
        subject = Subject(None, scope.version, detail=asked)
        try:
            visible = _granted(caller, scope)
            subject = Subject(visible.grant, scope.version, detail={"file": file_id})
            self._sharing.gate.quotas.spend_file(caller.recipient, now)
            file, place = await anyio.to_thread.run_sync(self._found, scope, file_id)
            return await self._send(request, caller, subject, file, place, request_id)
        except Refusal as refusal:
            if refusal.status not in (429, 503):
                await self._sharing.record(access_of("file", caller, subject, refusal.code, 0, request_id))
            raise

    def _addressed(self, request: Request) -> tuple[AddressScope, str]:
        """Read what an address says.

        Raises:
            Refusal: 404: it has no such form.
        """
        path, query = request.path_params, request.query_params
        name, table = _NAME.match(path["name"]), path["table"]
        numbers = (path["version"], query.get("exp", ""))
        if name is None or table.count(".") != 1 or not all(map(_NUMBER.match, numbers)):
            raise unknown("文件 / file")
        parsed = TableName.parse(table)
        return AddressScope(
            "", path["recipient"], path["grant"], parsed, int(numbers[0]), int(numbers[1])
        ), name[1]

    def _found(self, scope: AddressScope, file_id: str) -> tuple[DataFile, Path]:
        """Find the file among those of the version, and on disk.

        Raises:
            Refusal: 404: it is not of this table, or is no longer kept.
        """
        try:
            table: SharedTable | None = self._sharing.lake.table(scope.table)
            file = table.file(scope.version, file_id) if table is not None else None
        except LakeError:
            raise unknown("文件 / file") from None
        place = table.place(file) if table is not None and file is not None else None
        if file is None or place is None:
            raise unknown("文件 / file")
        return file, place

    async def _send(
        self, request: Request, caller: Caller, subject: Subject, file: DataFile, place: Path, request_id: str
    ) -> Response:
        if request.headers.get("range", "").count(",") >= _MOST_RANGES:
            raise Refusal(416, "INVALID_RANGE", "Range")
        stat = await anyio.to_thread.run_sync(place.stat)
        if request.method == "GET":
            size = sent_bytes(request.headers, stat.st_size)
            self._sharing.gate.quotas.spend_bytes(caller.recipient, size, caller.at)
            rows = (file.rows or 0) if size == stat.st_size else 0
            whole = Subject(subject.grant, subject.version, rows, subject.detail)
            await self._sharing.record(access_of("file", caller, whole, "answered", size, request_id))
        headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
        return FileResponse(place, headers=headers, media_type="application/octet-stream", stat_result=stat)


def _granted(caller: Caller, scope: AddressScope) -> VisibleTable:
    """Return the table of an address if its grant is still in force and still reaches the version.

    Raises:
        Refusal: 403.
    """
    chosen = next((v for v in visible_tables(caller.permit) if v.grant.id == scope.grant_id), None)
    if chosen is None or chosen.table != scope.table:
        raise forbidden("授权已失效 / the grant is no longer in force")
    first = chosen.grant.history_from_version
    if first is not None and scope.version < first:
        raise forbidden("授权不及于此版本 / the grant does not reach this version")
    return chosen


def sent_bytes(headers: Mapping[str, str], size: int) -> int:
    """Return how many bytes a fetch takes away; of several ranges the whole file is counted.

    >>> sent_bytes({"range": "bytes=10-19"}, 100), sent_bytes({"range": "bytes=-30"}, 100), sent_bytes({}, 100)
    (10, 30, 100)
    """
    match = _ONE_RANGE.match(headers.get("range", ""))
    if match is None:
        return size
    if match[3] is not None:
        return min(size, int(match[3]))
    start, end = int(match[1]), int(match[2]) if match[2] else size - 1
    return max(0, min(end, size - 1) - start + 1)
