"""OpenStack Swift with its S3 interface in one process, for tests; run by Debian's Python, not by the project's.

``python3 swift_storage.py FOLDER`` lays out configuration, rings and a device below FOLDER, serves on free ports, and
prints the one of the S3 interface. User ``test:tester`` has the key ``testing``. It ends when its input does.
"""

import os
import signal
import sys
import threading
from pathlib import Path

import eventlet
import eventlet.wsgi

KINDS = ("account", "container", "object")
SWIFT = "[swift-hash]\nswift_hash_path_prefix = tests\nswift_hash_path_suffix = tests\n"
STORAGE = """[DEFAULT]
devices = {folder}
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = server
[app:server]
use = egg:swift#{kind}
"""
PROXY = """[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
"""


class Cache:
    """What memcached is to Swift, in memory."""

    def __init__(self):
        self.held = {}

    def get(self, key, **_):
        """Return what is held."""
        return self.held.get(key)

    def set(self, key, value, **_):
        """Hold a value."""
        self.held[key] = value

    def delete(self, key, **_):
        """Let go of a value."""
        self.held.pop(key, None)


def with_cache(app):
    """Return the app with a cache in each request's environment."""
    cache = Cache()
    return lambda environment, start: app({**environment, "swift.cache": cache}, start)


def main(folder: Path) -> None:
    """Serve until the input ends."""
    (folder / "swift.conf").write_text(SWIFT)
    (folder / "sda1").mkdir()
    import swift.common.utils
    import swift.common.wsgi

    swift.common.utils.SWIFT_CONF_FILE = str(folder / "swift.conf")
    sockets = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in KINDS}
    rings(folder, {kind: socket.getsockname()[1] for kind, socket in sockets.items()})
    for kind, socket in sockets.items():
        serve(folder, kind, socket, STORAGE)
    front = eventlet.listen(("127.0.0.1", 0))
    serve(folder, "proxy", front, PROXY)
    print(front.getsockname()[1], flush=True)
    threading.Thread(target=end_with_input, daemon=True).start()
    while True:
        eventlet.sleep(3600)


def rings(folder: Path, ports: dict[str, int]) -> None:
    """Write a ring of one device for each kind."""
    from swift.common.ring import RingBuilder

    for kind, port in ports.items():
        builder = RingBuilder(1, 1, 0)
        builder.add_dev(
            {
                "id": 0,
                "region": 1,
                "zone": 1,
                "weight": 1.0,
                "ip": "127.0.0.1",
                "port": port,
                "device": "sda1",
            }
        )
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


def serve(folder: Path, kind: str, socket: object, text: str) -> None:
    """Load one server and answer on a socket."""
    from swift.common.wsgi import SwiftHttpProtocol, loadapp

    path = folder / f"{kind}-server.conf"
    path.write_text(text.format(folder=folder, kind=kind))
    app = with_cache(loadapp(str(path)))
    eventlet.spawn_n(
        eventlet.wsgi.server,
        socket,
        app,
        protocol=SwiftHttpProtocol,
        log_output=False,
        url_length_limit=65536,
    )


def end_with_input() -> None:
    """End the process when whoever started it is gone."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=False)
    main(Path(sys.argv[1]))
