"""Run a portal over the made city in a process of its own: ``python portal_server.py FOLDER PORT open|login``."""

import sys
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

sys.path.insert(0, str(Path(__file__).parent))


async def serve(folder: Path, port: int, kind: str) -> None:
    """Serve until the process is ended; ``login`` where the text demands one and people may register."""
    from portal_city import City
    from portal_members import MemberCity

    app = (
        MemberCity(folder, requests_per_minute=10_000).app()
        if kind == "login"
        else City(folder / "open").app()
    )
    await Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI).serve()


if __name__ == "__main__":
    import asyncio

    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
