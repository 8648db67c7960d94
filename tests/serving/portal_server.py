"""Run a portal over the made city in a process of its own: ``python portal_server.py FOLDER PORT``."""

import sys
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

sys.path.insert(0, str(Path(__file__).parent))


async def serve(folder: Path, port: int) -> None:
    """Serve until the process is ended."""
    from portal_city import City

    app = City(folder).app()
    await Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI).serve()


if __name__ == "__main__":
    import asyncio

    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
