"""What acknowledging a request costs at least: bare Starlette that appends the body to a file and syncs.

It runs on uvicorn, as what it is compared with. Nothing is checked, no key is looked up, no order is kept for anybody;
each request is synced by itself.
"""

import os
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def app() -> Starlette:
    """Return the application; ``BARE_FILE`` names the file."""
    descriptor = os.open(Path(os.environ["BARE_FILE"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def push(request: Request) -> Response:
        os.write(descriptor, await request.body() + b"\n")
        os.fsync(descriptor)
        return Response(b'{"receipt":"","records":0}', 202, media_type="application/json")

    async def healthy(request: Request) -> Response:
        return Response(b"{}", media_type="application/json")

    return Starlette(
        routes=[
            Route("/push/{resource_id}", push, methods=["POST"]),
            Route("/health", healthy, methods=["GET"]),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(app(), port=int(sys.argv[1]), access_log=False, log_level="warning")
