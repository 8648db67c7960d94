"""What the listing of a table costs at least: bare Starlette that signs the same addresses and writes the same lines.

Nothing is checked, looked up or recorded. Also serves a folder's files over plain HTTP, and replays an answer that
names them there, so that the official client itself can read them without the platform.
"""

import hashlib
import hmac
import os
import time
from pathlib import Path

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

FILES = 100
CAPABILITIES = "delta-sharing-capabilities"
ANSWERS = "/delta-sharing/shares/{share}/schemas/{schema}/tables/{table}/query"
_KEY = bytes(32)


def app() -> Starlette:
    """Return the application.

    ``BARE_FOLDER`` names the folder whose files it serves, ``BARE_ANSWERS`` the one that holds an answer per form.
    """
    routes: list[Route | Mount] = [Route("/query", _query, methods=["POST"])]
    if folder := os.environ.get("BARE_FOLDER"):
        routes.append(Mount("/files", StaticFiles(directory=folder)))
    if os.environ.get("BARE_ANSWERS"):
        routes.append(Route(ANSWERS, _replayed, methods=["POST"]))
    return Starlette(routes=routes)


async def _replayed(request: Request) -> Response:
    form = "delta" if "=delta" in request.headers.get(CAPABILITIES, "") else "parquet"
    answer = Path(os.environ["BARE_ANSWERS"]) / form
    headers = {"delta-table-version": "0", CAPABILITIES: f"responseformat={form}"}
    return Response(answer.read_bytes(), 200, headers, "application/x-ndjson")


async def _query(request: Request) -> Response:
    await request.body()
    good_until = int(time.time()) + 3600
    return Response(
        b"\n".join(_line(number, good_until) for number in range(FILES)), media_type="application/x-ndjson"
    )


def _line(number: int, good_until: int) -> bytes:
    text = f"reader\0G-2026-0001\0share.base__organisation__copy__00000000\0{number}\0{good_until}"
    mark = hmac.digest(_KEY, text.encode(), hashlib.sha256).hex()
    path = f"http://127.0.0.1/files/reader/G-2026-0001/share.base__organisation/1/{number:064x}.parquet"
    file = {
        "url": f"{path}?exp={good_until}&sp=r&sig={mark}", "id": f"{number:064x}", "partitionValues": {}, "size": 1000,
        "stats": '{"numRecords":10,"minValues":{"credit_code":"a"},"maxValues":{"credit_code":"b"},"nullCount":{}}',
        "expirationTimestamp": good_until * 1000,
    }  # fmt: skip
    return orjson.dumps({"file": file})
