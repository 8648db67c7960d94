"""Whatever is changed behind the platform's back is named with its place."""

import json
import shutil
import threading
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from audited_city import Audited, an_access, at
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.signing import Signer
from audit.verifier import canonical, record_hash
from lake.tables import ACCESS

Tampering = Callable[[Audited], None]
DAY = "2026-03-17"


def forged(line: bytes, **changed: Any) -> bytes:
    """Return a changed record with a hash of its own that is right."""
    record = json.loads(line) | changed
    return canonical({**record, "hash": record_hash(record)})


def rehashed(lines: list[bytes]) -> list[bytes]:
    """Change the second record of a day and make the rest of the day's chain fit it."""
    found, previous = [lines[0]], json.loads(lines[0])["hash"]
    for number, line in enumerate(lines[1:]):
        found.append(forged(line, previous_hash=previous, **({"rows": 99} if number == 0 else {})))
        previous = json.loads(found[-1])["hash"]
    return found


def edit(name: str, **changed: Any) -> Tampering:
    def change(city: Audited) -> None:
        path = city.folder / name
        path.write_text(json.dumps(json.loads(path.read_bytes()) | changed), encoding="utf-8")

    return change


def resigned(city: Audited) -> None:
    """Sign a day anew with another key, and put that key beside it."""
    path = city.folder / "days" / f"{DAY}.json"
    signer = Signer(city.deployment)
    signer._key = Ed25519PrivateKey.generate()
    body = {k: v for k, v in json.loads(path.read_bytes()).items() if k != "signature"}
    path.write_bytes(canonical(signer.signed("day", body | {"count": 5})))
    (city.folder / "public_key.pem").write_bytes(signer.pem)


def row_dropped(city: Audited) -> None:
    city.lake.overwrite(ACCESS, city.lake.read(ACCESS).filter(pl.col("sequence") != 5))


def row_doubled(city: Audited) -> None:
    city.lake.append(ACCESS, city.lake.read(ACCESS).filter(pl.col("sequence") == 5))


def row_changed(city: Audited) -> None:
    changed = pl.when(pl.col("sequence") == 5).then(pl.lit("others")).otherwise(pl.col("recipient_id"))
    city.lake.overwrite(ACCESS, city.lake.read(ACCESS).with_columns(changed.alias("recipient_id")))


def signature_of(day: str) -> Tampering:
    def change(city: Audited) -> None:
        other = json.loads((city.folder / "days" / f"{day}.json").read_bytes())["signature"]
        edit(f"days/{DAY}.json", signature=other)(city)

    return change


def last_days_removed(city: Audited) -> None:
    (city.folder / "days" / "2026-03-18.json").unlink()


TAMPERINGS: dict[str, tuple[Tampering, str]] = {
    "a row was cut out": (lambda c: c.rewrite(DAY, lambda ls: ls[:1] + ls[2:]), "6"),
    "a row was changed": (
        lambda c: c.rewrite(DAY, lambda ls: [ls[0].replace(b"answered", b"refused!"), *ls[1:]]),
        "4",
    ),
    "a row was changed and hashed anew": (
        lambda c: c.rewrite(DAY, lambda ls: [ls[0], forged(ls[1], rows=99), *ls[2:]]),
        "6",
    ),
    "the rest of a day was chained anew": (lambda c: c.rewrite(DAY, rehashed), DAY),
    "two rows were swapped": (lambda c: c.rewrite(DAY, lambda ls: [ls[0], ls[2], ls[1], *ls[3:]]), "6"),
    "a row was written twice": (lambda c: c.rewrite(DAY, lambda ls: [ls[0], *ls]), "4"),
    "a row was written in another form": (
        lambda c: c.rewrite(DAY, lambda ls: [ls[0].replace(b'"action":', b'"action": '), *ls[1:]]),
        "4",
    ),
    "a hash was made nonsense": (
        lambda c: c.rewrite(
            DAY, lambda ls: [ls[0].replace(json.loads(ls[0])["hash"].encode(), b"z" * 64), *ls[1:]]
        ),
        "4",
    ),
    "a number was made nonsense": (
        lambda c: c.rewrite(DAY, lambda ls: [ls[0].replace(b'"sequence":4', b'"sequence":"4"'), *ls[1:]]),
        "after 3",
    ),
    "a line was made unreadable": (lambda c: c.rewrite(DAY, lambda ls: [ls[0], b"x", *ls[2:]]), "after 4"),
    "the first row was cut out": (lambda c: c.rewrite("2026-03-16", lambda ls: ls[1:]), "2"),
    "a day's rows were removed": (lambda c: c.page(DAY).unlink(), DAY),
    "the last row was cut off": (lambda c: c.rewrite("2026-03-19", lambda ls: []), "11"),
    "rows went to another day": (lambda c: shutil.move(c.page(DAY), c.page("2026-03-15")), DAY),
    "the journal was removed": (lambda c: shutil.rmtree(c.record.journal.folder), DAY),
    "a day's signed file was removed": (lambda c: (c.folder / "days" / f"{DAY}.json").unlink(), DAY),
    "the first day's signed file was removed": (
        lambda c: (c.folder / "days" / "2026-03-16.json").unlink(),
        "2026-03-16",
    ),
    "the last day's signed file was removed": (last_days_removed, "2026-03-18"),
    "all signed files were removed": (lambda c: shutil.rmtree(c.folder / "days"), DAY),
    "the name of the newest day was removed": (
        lambda c: (c.folder / "newest_day.json").unlink(),
        "newest_day.json",
    ),
    "a root was changed": (edit(f"days/{DAY}.json", root="0" * 64), f"days/{DAY}.json"),
    "a signature was replaced": (edit(f"days/{DAY}.json", signature="00" * 64), f"days/{DAY}.json"),
    "a signature was taken from another day": (signature_of("2026-03-16"), f"days/{DAY}.json"),
    "a day was signed by another key": (resigned, f"days/{DAY}.json"),
    "a day's file was copied over another": (
        lambda c: shutil.copy(c.folder / "days" / "2026-03-16.json", c.folder / "days" / f"{DAY}.json"),
        f"days/{DAY}.json",
    ),
    "the public key was exchanged": (
        lambda c: (c.folder / "public_key.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\nAAAA\n"),
        "public_key.pem",
    ),
    "a sealed row was removed": (row_dropped, "5"),
    "a sealed row was added": (row_doubled, "5"),
    "a sealed row was changed": (row_changed, "5"),
}


def test_an_untouched_record_is_intact_and_says_how_far_it_goes(three_days: Audited) -> None:
    three_days.record.append(an_access("2026-03-19"))
    check = three_days.record.verify(three_days.lake)
    assert check.faults == []
    assert (check.records, check.rows, check.days, check.unsigned) == (12, 11, 3, ["2026-03-19"])
    assert check.head == three_days.records()[-1]["hash"]


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampering_is_found_at_its_place(three_days: Audited, name: str) -> None:
    tamper, place = TAMPERINGS[name]
    tamper(three_days)
    faults = three_days.reopened().record.verify(three_days.reopened().lake).faults
    assert place in [where for where, _ in faults], faults


@pytest.mark.parametrize("name", ["days/2026-03-17.json", "newest_day.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"day": 1}'])
def test_a_signed_file_of_any_other_form_is_a_fault_and_no_crash(
    three_days: Audited, name: str, content: bytes
) -> None:
    (three_days.folder / name).write_bytes(content)
    assert three_days.record.verify(three_days.lake).faults


def test_a_record_that_is_written_meanwhile_is_no_fault(three_days: Audited) -> None:
    stop = threading.Event()

    def work() -> None:
        other = three_days.reopened()
        while not stop.is_set():
            other.record.append(an_access("2026-03-19"))
            other.record.seal(other.lake, at("2026-03-19"))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        checks = [three_days.record.verify(three_days.lake) for _ in range(10)]
    finally:
        stop.set()
        thread.join()
    assert [check.faults for check in checks] == [[]] * 10
    assert checks[-1].records > checks[0].records


def test_an_anchor_is_found_as_long_as_its_record_is_there(empty: Audited) -> None:
    empty.record.append(an_access(), an_access())
    anchor = empty.record.verify(empty.lake).head
    empty.record.append(an_access())
    assert empty.record.verify(empty.lake, anchor).intact
    empty.rewrite("2026-03-16", lambda lines: lines[:1])
    cut = empty.reopened()
    assert cut.record.verify(cut.lake).intact, "nothing was sealed yet: only the anchor can tell"
    assert cut.record.verify(cut.lake, anchor).faults[0][0] == anchor


def test_a_days_root_and_a_pruned_hash_are_anchors_too(three_days: Audited) -> None:
    root = json.loads((three_days.folder / "days" / f"{DAY}.json").read_bytes())["root"]
    assert three_days.record.verify(three_days.lake, root).intact
    assert not three_days.record.verify(three_days.lake, "f" * 64).intact


def test_a_finished_day_that_is_not_sealed_yet_is_no_fault(three_days: Audited) -> None:
    three_days.record.append(an_access("2026-03-20"))
    check = three_days.record.verify(three_days.lake)
    assert (check.faults, check.unsigned) == ([], ["2026-03-19", "2026-03-20"])
    three_days.record.seal(three_days.lake, at("2026-03-20"))
    assert three_days.record.verify(three_days.lake).unsigned == ["2026-03-20"]
