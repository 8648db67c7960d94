"""S3 storages for tests: moto's server, which knows conditional writes but checks no signature, and OpenStack Swift,
which checks signatures but knows no conditional writes."""

import contextlib
import json
import logging
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lake.bucket_place import BucketPlace

SWIFT_PROGRAM = Path(__file__).with_name("swift_storage.py")
DEBIAN_PYTHON = Path("/usr/bin/python3")


@dataclass
class Storage:
    """A storage with a user of its own."""

    endpoint: str
    access_key_id: str
    secret_access_key: str
    made: list[str] = field(default_factory=list)

    def client(self) -> Any:
        """Return a client that is not ours."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )

    def place(self, prefix: str = "platform/") -> BucketPlace:
        """Make a bucket and return a place in it."""
        name = f"bucket-{len(self.made)}"
        self.client().create_bucket(Bucket=name)
        self.made.append(name)
        return self.place_in(name, prefix)

    def place_in(self, name: str, prefix: str = "platform/") -> BucketPlace:
        return BucketPlace(
            f"s3://{name}/{prefix}",
            self.endpoint,
            False,
            "us-east-1",
            self.access_key_id,
            self.secret_access_key,
        )

    def delta_options(self) -> dict[str, str]:
        """Return what delta-rs needs to read there."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }


def has_swift() -> bool:
    """Tell whether Debian's Swift is there."""
    return DEBIAN_PYTHON.exists() and Path("/usr/bin/swift-proxy-server").exists()


@contextlib.contextmanager
def swift_in(folder: Path) -> Iterator[Storage]:
    """Serve Swift below a folder until the block ends."""
    process = subprocess.Popen(
        [str(DEBIAN_PYTHON), str(SWIFT_PROGRAM), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Storage(f"http://127.0.0.1:{port}", "test:tester", "testing")
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def moto_server() -> Iterator[Storage]:
    """Serve moto in a thread until the block ends."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    # It tells of every request, with keys of objects.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Storage(f"http://{host}:{port}", "tester", "secret-of-the-tester")
    finally:
        server.stop()


def objects(storage: Storage, place: BucketPlace) -> dict[str, bytes]:
    """Return all objects below a place, by key, as another client sees them."""
    client, bucket, start = storage.client(), place.name, f"{place.prefix}/"
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    return {key.removeprefix(start): client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def table_id(entry: bytes) -> str:
    """Return the id of a table from its first commit."""
    actions = [json.loads(line) for line in entry.splitlines()]
    return str(next(a["metaData"]["id"] for a in actions if "metaData" in a))
