"""The copy of shared tables in a bucket: whole, in order, resumable, this deployment's alone, and gone when dropped."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from storages import Storage, objects

from lake import Lake
from lake.bucket import Bucket
from lake.bucket_copy import BucketCopy, Copied
from lake.bucket_marks import BucketMark, BucketMarks
from lake.bucket_place import BucketPlace, table_key
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

pytestmark = pytest.mark.enable_socket
SHOPS = TableName("share", "market__shops__copy__0a1b2c3d0a1b2c3d")
OTHER = TableName("share", "market__stalls__copy__0a1b2c3d0a1b2c3d")
SERVED = TableName("share", "market__shops__service__0a1b2c3d0a1b2c3d")


class Killed(BaseException):
    """Stands for the end of the process."""


class DyingBucket(Bucket):
    """A bucket whose process is killed at a change of it, before or after the storage has done it.

    Of objects that are removed in any order, some may be gone: it removes them one by one, the last first.
    """

    def __init__(self, place: BucketPlace, left: int, *, is_done: bool) -> None:
        super().__init__(place)
        self.left, self.is_done = left, is_done

    def create(self, key: str, content: bytes) -> bool:
        return self.changed(super().create, key, content)

    def put(self, key: str, content: bytes | Path) -> None:
        self.changed(super().put, key, content)

    def remove(self, keys: Sequence[str]) -> None:
        for key in reversed(keys):
            self.changed(super().remove, [key])

    def changed(self, change: Callable[..., Any], *given: Any) -> Any:
        self.left -= 1
        if self.left < 0 and not self.is_done:
            raise Killed
        done = change(*given)
        if self.left < 0:
            raise Killed
        return done


class NotedBucket(Bucket):
    """A bucket that notes what is asked of it."""

    def __init__(self, place: BucketPlace) -> None:
        super().__init__(place)
        self.asked: list[tuple[str, str]] = []

    def __getattribute__(self, name: str) -> Any:
        held = super().__getattribute__(name)
        if name not in ("create", "put", "get", "size", "remove", "objects", "folders"):
            return held

        def noted(key: Any, *given: Any) -> Any:
            self.asked.append((name, key))
            return held(key, *given)

        return noted


class City:
    """A lake, its marks, and the bucket that they are copied to."""

    def __init__(self, home: Path, storage: Storage, place: BucketPlace) -> None:
        self.home, self.storage, self.place = home, storage, place
        self.lake = Lake(home / "lake")

    @property
    def marks(self) -> BucketMarks:
        return BucketMarks(self.home / "bucket", self.lake.root, self.place.text)

    def copying(self, bucket: Bucket | None = None, owner: str = "us") -> BucketCopy:
        # A new process each time: nothing is remembered but what is on the disk.
        self.lake = Lake(self.home / "lake")
        return BucketCopy(self.lake, bucket or Bucket(self.place), self.marks, owner)

    def copy(self) -> Copied:
        return self.copying().bring()

    def append(self, frame: pl.DataFrame, table: TableName = SHOPS, by: list[str] | None = None) -> None:
        write_deltalake(
            str(self.lake.path(table)),
            frame.to_arrow(),
            mode="append",
            partition_by=by,
            configuration={"delta.enableChangeDataFeed": "true"},
        )

    def change(self, frame: pl.DataFrame) -> None:
        merger = DeltaTable(str(self.lake.path(SHOPS))).merge(
            frame.to_arrow(), predicate="t.n = s.n", source_alias="s", target_alias="t"
        )
        merger.when_matched_update_all().when_not_matched_insert_all().execute()

    def held(self, table: TableName = SHOPS) -> dict[str, bytes]:
        start = table_key(table)
        return {
            k.removeprefix(start): v
            for k, v in objects(self.storage, self.place).items()
            if k.startswith(start)
        }

    def local(self, table: TableName = SHOPS) -> dict[str, bytes]:
        folder = self.lake.path(table)
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def read(self, table: TableName = SHOPS, version: int | None = None) -> pl.DataFrame:
        address = f"s3://{self.place.name}/{self.place.prefix}/{table_key(table)}"
        options = self.storage.delta_options()
        return self.frame(DeltaTable(address, version=version, storage_options=options))

    def read_local(self, version: int) -> pl.DataFrame:
        return self.frame(DeltaTable(str(self.lake.path(SHOPS)), version=version))

    @staticmethod
    def frame(table: DeltaTable) -> pl.DataFrame:
        frame = pl.from_arrow(table.to_pyarrow_table())
        assert isinstance(frame, pl.DataFrame)
        return frame.sort("n")


@pytest.fixture
def city(tmp_path: Path, moto_storage: Storage) -> City:
    return City(tmp_path, moto_storage, moto_storage.place())


def rows(*numbers: int, division: str = "海口") -> pl.DataFrame:
    return pl.DataFrame(
        {"n": numbers, "区划 名%": [division] * len(numbers)}, schema_overrides={"n": pl.Int64}
    )


def fill(city: City) -> None:
    """Write a table of four versions with change data, under names that are hard to spell."""
    city.append(rows(1, 2, division="海 口%市"), by=["区划 名%"])
    city.append(rows(3, division="a=b&c+d"))
    city.change(rows(2, 4, division="海 口%市"))
    DeltaTable(str(city.lake.path(SHOPS))).delete("n = 3")


def test_the_copy_is_the_table_whole_in_every_version(city: City) -> None:
    fill(city)
    assert any("_change_data" in name for name in city.local())
    copied = city.copy()
    assert city.held() == city.local()
    assert (copied.tables, copied.removed) == (1, 0)
    assert (copied.objects, copied.bytes) == (len(city.local()), sum(map(len, city.local().values())))
    for version in range(4):
        assert city.read(version=version).equals(city.read_local(version))


def test_what_is_copied_is_not_sent_again(city: City) -> None:
    fill(city)
    city.copy()
    bucket = NotedBucket(city.place)
    assert city.copying(bucket).bring() == Copied()
    assert [name for name, _ in bucket.asked] == ["get", "folders"], "the owner, and the names of tables"
    city.append(rows(9))
    bucket = NotedBucket(city.place)
    assert city.copying(bucket).bring().objects == 2
    asked = [name for name, _ in bucket.asked]
    assert asked.count("put") == 1, "a file"
    assert asked.count("create") == 2 + 1, "twice the probe, and a commit"
    assert "objects" not in asked, "the table is not listed"


def test_tables_for_lookup_and_other_schemas_are_not_copied(city: City) -> None:
    city.append(rows(1), SERVED)
    city.append(rows(1), TableName("base", "shops__copy__0a1b2c3d0a1b2c3d"))
    city.append(rows(1))
    city.copy()
    held = {key.split("/")[1] for key in objects(city.storage, city.place) if "/" in key}
    assert held == {SHOPS.name}


@pytest.mark.parametrize("is_done", [False, True])
def test_a_copy_killed_at_any_change_is_finished_by_the_next_and_never_names_missing_files(
    city: City, is_done: bool
) -> None:
    fill(city)
    for left in range(100):
        dying = DyingBucket(city.place, left, is_done=is_done)
        try:
            city.copying(dying).bring()
        except Killed:
            whole_in_the_bucket(city)
            continue
        break
    assert 0 < left < 99
    assert city.held() == city.local()
    assert city.copy() == Copied()


@pytest.mark.parametrize("is_done", [False, True])
def test_each_killed_copy_is_made_whole_by_one_more(
    tmp_path: Path, moto_storage: Storage, is_done: bool
) -> None:
    made = City(tmp_path, moto_storage, moto_storage.place())
    made.append(rows(1, 2))
    made.change(rows(2, 3))
    for left in range(20):
        place = replace(made.place, url=f"s3://{made.place.name}/{is_done}-{left}/")
        city = City(tmp_path, moto_storage, place)
        try:
            city.copying(DyingBucket(city.place, left, is_done=is_done)).bring()
        except Killed:
            city.copy()
            assert city.held() == city.local()
            continue
        break
    assert left > 6


COPYING = """
import os, signal, sys
from pathlib import Path
from storages import Storage
from test_bucket_copy import City, DyingBucket, Killed

class Fatal(DyingBucket):
    def changed(self, change, *given):
        try:
            return super().changed(change, *given)
        except Killed:
            os.kill(os.getpid(), signal.SIGKILL)

endpoint, name, home, left = sys.argv[1:]
storage = Storage(endpoint, "tester", "secret-of-the-tester")
city = City(Path(home), storage, storage.place_in(name))
city.copying(Fatal(city.place, int(left), is_done=False)).bring()
"""


def test_a_copying_process_that_is_killed_while_it_sends_is_finished_by_the_next(city: City) -> None:
    drawn = random.Random(int(os.environ["TEST_SEED"]))
    for number in range(12):
        city.append(rows(number, division=f"区{number % 3}"), by=["区划 名%"])
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1]), *sys.path])
    for _ in range(2):
        left = str(drawn.randint(4, 12))
        done = subprocess.run(
            [sys.executable, "-c", COPYING, city.storage.endpoint, city.place.name, str(city.home), left],
            env={**os.environ, "PYTHONPATH": path},
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        whole_in_the_bucket(city)
    city.copy()
    assert city.held() == city.local()
    assert city.copy() == Copied()


def whole_in_the_bucket(city: City, table: TableName = SHOPS) -> None:
    """Look that the commits that are there follow each other from the first and name only files that are there."""
    held = city.held(table)
    commits = sorted(name for name in held if name.startswith("_delta_log/") and name.endswith(".json"))
    assert [int(Path(name).stem) for name in commits] == list(range(len(commits)))
    if commits:
        city.read(table)


def test_a_lost_mark_costs_a_comparison_and_sends_nothing(city: City) -> None:
    fill(city)
    city.copy()
    shutil.rmtree(city.home / "bucket")
    before = city.held()
    assert city.copy() == Copied(tables=1)
    assert city.held() == before
    assert city.marks.has(SHOPS, 3)


def test_a_dropped_table_leaves_the_bucket(city: City) -> None:
    fill(city)
    city.append(rows(1), OTHER)
    city.copy()
    city.lake.drop(SHOPS)
    assert city.copy().removed == 1
    assert city.held() == {}
    assert city.held(OTHER) == city.local(OTHER)
    assert not city.marks.has(SHOPS, 0)


def test_a_dropped_table_whose_mark_is_lost_leaves_the_bucket_too(city: City) -> None:
    fill(city)
    city.copy()
    shutil.rmtree(city.home / "bucket")
    city.lake.drop(SHOPS)
    assert city.copy().removed == 1
    assert city.held() == {}


def test_while_a_table_is_removed_a_reader_sees_an_earlier_version_or_none(city: City) -> None:
    fill(city)
    DeltaTable(str(city.lake.path(SHOPS))).create_checkpoint()
    city.copy()
    city.lake.drop(SHOPS)
    kills = 0
    for _ in range(50):
        try:
            city.copying(DyingBucket(city.place, 0, is_done=True)).bring()
        except Killed:
            whole_in_the_bucket(city)
            assert not city.marks.has(SHOPS, 0)
            kills += 1
            continue
        break
    assert kills > 4
    assert city.held() == {}


@pytest.mark.parametrize("with_marks", [True, False])
def test_a_table_made_anew_takes_the_place_of_the_former_one(city: City, with_marks: bool) -> None:
    fill(city)
    city.copy()
    city.lake.drop(SHOPS)
    city.append(rows(7, 8))
    if not with_marks:
        shutil.rmtree(city.home / "bucket")
    assert not city.marks.has(SHOPS, 0), "the former table's version 0 is not this one's"
    city.copy()
    assert city.held() == city.local()
    assert city.read()["n"].sort().to_list() == [7, 8]


def test_checkpoints_are_copied_so_that_a_shortened_log_can_be_read(city: City) -> None:
    fill(city)
    city.copy()
    DeltaTable(str(city.lake.path(SHOPS))).create_checkpoint()
    city.append(rows(9))
    city.copy()
    assert "_delta_log/_last_checkpoint" in city.held()
    assert city.held() == city.local()


def test_what_the_lake_forgot_is_gone_from_the_bucket(city: City) -> None:
    fill(city)
    city.copy()
    city.lake.forget(SHOPS, 2)
    city.copy()
    assert city.held() == city.local()
    assert not city.marks.has(SHOPS, 1)
    assert city.marks.has(SHOPS, 3)
    assert city.read()["n"].sort().to_list() == [1, 2, 4]
    assert city.read(version=2).height == 4
    city.append(rows(10))
    city.lake.forget(SHOPS)
    shutil.rmtree(city.home / "bucket")
    city.copy()
    assert city.held() == city.local()


def test_an_entry_of_another_writer_is_refused_and_left_as_it_is(city: City) -> None:
    city.append(rows(1))
    city.copy()
    foreign = b'{"commitInfo":{}}\n'
    Bucket(city.place).put(table_key(SHOPS, f"_delta_log/{1:020d}.json"), foreign)
    city.append(rows(2))
    for _ in range(2):
        with pytest.raises(LakeError, match="not written from this lake"):
            city.copy()
        shutil.rmtree(city.home / "bucket", ignore_errors=True)
    assert city.held()[f"_delta_log/{1:020d}.json"] == foreign
    assert not city.marks.has(SHOPS, 1)


def test_a_lake_that_was_put_back_from_an_older_backup_overwrites_nothing(city: City, tmp_path: Path) -> None:
    city.append(rows(1))
    shutil.copytree(city.lake.root, tmp_path / "backup")
    city.append(rows(2))
    city.copy()
    before = city.held()
    shutil.rmtree(city.lake.root)
    shutil.copytree(tmp_path / "backup", city.lake.root)
    with pytest.raises(LakeError, match="not written from this lake"):
        city.copy()
    assert city.held() == before


def test_a_file_of_the_same_name_and_another_size_is_refused(city: City) -> None:
    city.append(rows(1))
    name = next(name for name in city.local() if name.endswith(".parquet"))
    Bucket(city.place).create(table_key(SHOPS, name), b"other")
    with pytest.raises(LakeError, match="not written from this lake"):
        city.copy()
    assert city.held() == {name: b"other"}


def test_a_second_deployment_is_refused_before_it_changes_anything(city: City, tmp_path: Path) -> None:
    city.append(rows(1))
    city.copy()
    before = objects(city.storage, city.place)
    other = City(tmp_path / "other", city.storage, city.place)
    other.append(rows(2), OTHER)
    with pytest.raises(LakeError, match="belongs to another deployment") as refused:
        other.copying(owner="them").bring()
    assert "s3://" in str(refused.value)
    assert objects(city.storage, city.place) == before


def test_of_two_deployments_that_begin_at_once_one_gets_the_place(city: City, tmp_path: Path) -> None:
    others = [City(tmp_path / str(number), city.storage, city.place) for number in range(4)]
    outcomes: list[str] = []

    def begin(one: City, owner: str) -> None:
        try:
            one.copying(owner=owner).bring()
        except LakeError:
            outcomes.append("refused")
        else:
            outcomes.append("owner")

    threads = [Thread(target=begin, args=(one, str(number))) for number, one in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["owner", "refused", "refused", "refused"]


def test_of_two_that_create_one_object_at_once_one_succeeds(city: City) -> None:
    found: list[bool] = []
    threads = [
        Thread(target=lambda n=n: found.append(Bucket(city.place).create("x", str(n).encode())))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 7 + [True]


def test_nothing_but_the_owners_mark_is_left_of_the_probe(city: City) -> None:
    city.copy()
    assert set(objects(city.storage, city.place)) == {"_civiclake_owner"}


class Careless(BaseHTTPRequestHandler):
    """A storage that takes every object, whatever the condition."""

    held: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Sun, 01 Mar 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.held[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200)

    def do_GET(self) -> None:
        self.answer(200 if self.path in self.held else 404, self.held.get(self.path, b""))

    def do_DELETE(self) -> None:
        self.held.pop(self.path, None)
        self.answer(204)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def careless_storage() -> Iterator[tuple[Storage, dict[str, bytes]]]:
    held: dict[str, bytes] = {}
    handler = type("Held", (Careless,), {"held": held})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Storage(f"http://127.0.0.1:{server.server_port}", "a", "b"), held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_storage_that_ignores_the_condition_is_refused(tmp_path: Path) -> None:
    with careless_storage() as (storage, held):
        city = City(tmp_path, storage, storage.place_in("b"))
        city.append(rows(1))
        with pytest.raises(LakeError) as refused:
            city.copy()
    assert "the condition was ignored" in refused.value.found
    assert "条件写入" in refused.value.message()
    assert "If-None-Match" in refused.value.expected
    assert refused.value.remedy
    assert held == {}


@pytest.mark.needs_swift
@pytest.mark.timeout(60)
def test_a_storage_without_conditional_writes_is_refused(tmp_path: Path, swift_storage: Storage) -> None:
    city = City(tmp_path, swift_storage, swift_storage.place())
    city.append(rows(1))
    with pytest.raises(LakeError, match="conditional writes are not supported") as refused:
        city.copy()
    assert "501" in refused.value.found
    assert objects(swift_storage, city.place) == {}


def test_a_storage_that_is_away_is_told_without_a_key_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lake.bucket_place._RETRY", {"max_retries": 1})
    storage = Storage("http://127.0.0.1:9", "AKIDENTIFIER", "very-secret")
    city = City(tmp_path, storage, storage.place_in("b"))
    with pytest.raises(LakeError, match="cannot be reached") as refused:
        city.copy()
    told = f"{refused.value!r} {refused.value.message()} {city.place!r} {Bucket(city.place)!r}"
    assert "AKIDENTIFIER" not in told
    assert "very-secret" not in told


def test_a_refusal_of_the_storage_names_its_kind_and_no_file(city: City) -> None:
    place = replace(city.place, url="s3://no-such-bucket/platform")
    with pytest.raises(LakeError, match="HTTP 404 NoSuchBucket") as refused:
        Bucket(place).create("share/t/区划=张三/x.parquet", b"1")
    assert "张三" not in refused.value.message()


def test_many_objects_are_listed_over_pages(city: City) -> None:
    client, name = city.storage.client(), city.place.name
    for number in range(1005):
        client.put_object(Bucket=name, Key=f"platform/share/t/{number:04d} 区%20", Body=b"x")
    found = Bucket(city.place).objects("share/t/")
    assert len(found) == 1005
    assert found["0007 区%20"] == 1
    assert Bucket(city.place).folders("share/") == ["t"]


def test_marks_of_another_bucket_do_not_count(city: City) -> None:
    city.append(rows(1))
    city.copy()
    assert city.marks.has(SHOPS, 0)
    assert not city.marks.has(SHOPS, 1)
    elsewhere = BucketMarks(city.home / "bucket", city.lake.root, "http://elsewhere/b/")
    assert not elsewhere.has(SHOPS, 0)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"place": 1}', "\xff"])
def test_a_mark_that_cannot_be_read_is_a_lost_one(city: City, content: str) -> None:
    city.append(rows(1))
    city.copy()
    (city.home / "bucket" / f"{SHOPS}.json").write_text(content, encoding="latin-1")
    assert not city.marks.has(SHOPS, 0)
    assert city.copy().objects == 0
    assert city.marks.has(SHOPS, 0)


def test_a_mark_holds_no_secret(city: City) -> None:
    city.append(rows(1))
    city.copy()
    text = (city.home / "bucket" / f"{SHOPS}.json").read_text(encoding="utf-8")
    assert city.place.secret_access_key not in text
    assert city.place.access_key_id not in text.replace("place", "")
    assert set(json.loads(text)) == set(BucketMark.__slots__)
