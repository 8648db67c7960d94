"""Check an export of the record of access (存取记录), with nothing but the export: chain, Merkle roots, signatures.

This file is part of every export as ``verify.py`` and runs by itself: ``python verify.py [FOLDER|ZIP] [--key HASH]``.
It needs only the standard library, and the package ``cryptography`` for the signatures. The platform checks with the
same functions. Not here: writing anything.
"""

import argparse
import base64
import hashlib
import importlib
import io
import json
import sys
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

ZERO = "0" * 64
"""What the first record and the first day link to."""
Document = dict[str, Any]
Fault = tuple[str, str]
"""Place (a record's number, a day, a file) and what was found there."""
_MOST_FAULTS = 1000
_SIGNATURE = "signature"
_PEM_MARKS = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: object) -> bytes:
    """Return the one form in which a value is hashed and signed: sorted keys, no spaces, UTF-8."""
    return _ENCODER.encode(value).encode()


def record_hash(record: Document) -> str:
    """Return the hash of a record: over all its fields but the hash itself, the previous hash among them."""
    return hashlib.sha256(canonical({k: v for k, v in record.items() if k != "hash"})).hexdigest()


def leaf_of(hash_: str) -> bytes:
    """Return the leaf of a record's hash (RFC 9162: leaves and nodes are marked apart)."""
    return hashlib.sha256(b"\0" + bytes.fromhex(hash_)).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """Return the node over two nodes."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """Compute the Merkle root of leaves that come one by one; memory grows with their number's logarithm."""

    def __init__(self) -> None:
        self.count = 0
        self._peaks: list[bytes] = []

    def add(self, hash_: str) -> None:
        """Add a record's hash."""
        node, count = leaf_of(hash_), self.count
        while count & 1:
            node, count = node_of(self._peaks.pop(), node), count >> 1
        self._peaks.append(node)
        self.count += 1

    def root(self) -> str:
        """Return the root over what was added."""
        if not self._peaks:
            return hashlib.sha256().hexdigest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_of(peak, node)
        return node.hex()


def root_by_path(hash_: str, index: int, count: int, path: Sequence[str]) -> str:
    """Return the root that a record and its inclusion proof lead to (RFC 9162, 2.1.3.2); empty if they cannot."""
    if not 0 <= index < count:
        return ""
    node, position, last = leaf_of(hash_), index, count - 1
    for step in path:
        if last == 0:
            return ""
        if position & 1 or position == last:
            node = node_of(bytes.fromhex(step), node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_of(node, bytes.fromhex(step))
        position, last = position >> 1, last >> 1
    return node.hex() if last == 0 else ""


def public_bytes(pem: bytes) -> bytes:
    """Return the 32 bytes of an Ed25519 public key; a file of any other form is refused, text around it too."""
    begin, text, end = pem.decode("ascii").splitlines()
    der = base64.b64decode(text, validate=True)
    if (begin, end) != _PEM_MARKS or len(der) != 44 or not der.startswith(_ED25519):
        raise ValueError("not an Ed25519 public key")
    return der[len(_ED25519) :]


def fingerprint_of(pem: bytes) -> str:
    """Return by what a person compares a public key: SHA-256 of its 32 bytes."""
    return hashlib.sha256(public_bytes(pem)).hexdigest()


def is_signed(document: Document, pem: bytes) -> bool | None:
    """Tell whether the signature of a document holds; null where ``cryptography`` is not installed."""
    try:
        ed25519 = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    except ImportError:
        return None
    body = canonical({k: v for k, v in document.items() if k != _SIGNATURE})
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(public_bytes(pem))
        key.verify(bytes.fromhex(document[_SIGNATURE]), body)
    except Exception:
        return False
    return document.get("key_id") == fingerprint_of(pem)


@dataclass
class Chain:
    """Follow a chain record by record from a known place.

    Attributes:
        sequence: Number of the last record taken; ``hash`` its hash.
    """

    sequence: int = 0
    hash: str = ZERO

    def take(self, record: Document) -> Iterator[Fault]:
        """Take the next record and name what does not hold; the chain goes on from what the record says."""
        number = record.get("sequence")
        if not isinstance(number, int) or not isinstance(record.get("hash"), str):
            yield f"after {self.sequence}", "not a record"
            return
        if number != self.sequence + 1:
            yield str(number), _gap(self.sequence + 1, number)
        elif record.get("previous_hash") != self.hash:
            yield str(number), "not linked to the record before"
        if record["hash"] != record_hash(record):
            yield str(number), "the record was changed"
        self.sequence, self.hash = number, record["hash"]


def _gap(expected: int, found: int) -> str:
    if found < expected:
        return f"out of order: record {expected} expected"
    return f"records {expected} to {found - 1} are missing before this one"


@dataclass
class Check:
    """Hold what a check of an export found."""

    kind: str = ""
    records: int = 0
    days: int = 0
    key: str = ""
    signatures_checked: bool = True
    faults: list[Fault] = field(default_factory=list)

    def fault(self, place: str, found: str) -> None:
        """Note a fault; a thousand are enough to know."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append((place, found))

    def signed(self, place: str, document: Document, pem: bytes) -> None:
        """Check a signature."""
        holds = is_signed(document, pem)
        self.signatures_checked &= holds is not None
        if holds is False:
            self.fault(place, "the signature does not hold")


def day_links(days: Sequence[Document]) -> Iterator[Fault]:
    """Name where signed days do not follow one another: each repeats the root before it and goes on from there."""
    for before, day in pairwise(days):
        if day["previous_root"] != before["root"] or day["first"] != before["last"] + 1:
            yield day["day"], f"does not follow {before['day']}: a day between is missing or was exchanged"
    for day in days:
        if day["count"] != day["last"] - day["first"] + 1:
            yield day["day"], "count and numbers of the day differ"


@contextmanager
def opened(export: Path) -> Iterator[Any]:
    """Open an export, packed or not, for ``check_export``.

    Raises:
        FileNotFoundError: There is nothing at that path.
        zipfile.BadZipFile: It is a file of another kind.
    """
    if not export.is_file():
        export.lstat()
        yield export
        return
    with zipfile.ZipFile(export) as archive:
        yield zipfile.Path(archive)


def check_export(folder: Any, expected_key: str | None = None) -> Check:
    """Check a folder (or the root of a zip): every fault is named; no fault means that it is whole and unchanged.

    Args:
        folder: A path with the files of the export.
        expected_key: Fingerprint of the key as the auditor got it by another way; null trusts the one inside.
    """
    check = Check()
    try:
        _check_files(folder, expected_key, check)
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        check.fault("export", f"cannot be read as an export ({type(error).__name__})")
    return check


def _check_files(folder: Any, expected_key: str | None, check: Check) -> None:
    pem = (folder / "public_key.pem").read_bytes()
    check.key = fingerprint_of(pem)
    if expected_key and expected_key != check.key:
        check.fault("public_key.pem", "another key than the one that was named")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    days = [json.loads(line) for line in (folder / "days.jsonl").read_bytes().splitlines()]
    check.kind, check.days = manifest["kind"], len(days)
    check.signed("manifest.json", manifest, pem)
    for day in days:
        check.signed(day["day"], day, pem)
    for place, found in (*day_links(days), *_start_faults(manifest, days)):
        check.fault(place, found)
    if manifest["pruned"]:
        check.signed("pruned", manifest["pruned"], pem)
    groups = [*days, *manifest["open"]]
    if (days[-1]["root"] if days else ZERO) != manifest["last_root"]:
        check.fault("days.jsonl", "the last day is not the one that the manifest names")
    digest = hashlib.sha256()
    taking = _take_whole if check.kind == "whole" else _take_selected
    with (folder / "records.jsonl").open("rb") as lines:
        taking(_parsed(lines, digest, check), manifest, groups, check)
    if digest.hexdigest() != manifest["records_sha256"] or check.records != manifest["count"]:
        check.fault(
            "records.jsonl", f"{check.records} records, not the {manifest['count']} that were exported"
        )


def _start_faults(manifest: Document, days: list[Document]) -> Iterator[Fault]:
    """Name where the chain does not begin at its first record, or where signed pruning left it."""
    if days and (days[0]["first"], days[0]["previous_root"]) != (1, ZERO):
        yield days[0]["day"], "not the first day: the days before it are missing"
    pruned = manifest["pruned"] or {"last": 0, "last_hash": ZERO}
    if (pruned["last"], pruned["last_hash"]) != (manifest["start"]["sequence"], manifest["start"]["hash"]):
        yield "manifest.json", "the export does not begin where the chain does"
    if pruned["last"] and not any(day["last_hash"] == pruned["last_hash"] for day in days):
        yield "manifest.json", "what was pruned does not end with a signed day"


def _parsed(lines: Any, digest: Any, check: Check) -> Iterator[Document]:
    for number, line in enumerate(lines, start=1):
        digest.update(line)
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if isinstance(found, dict):
            check.records += 1
            yield found
        else:
            check.fault(f"line {number}", "not a record")


def _take_whole(
    records: Iterator[Document], manifest: Document, groups: list[Document], check: Check
) -> None:
    """Follow the chain from its start to its head and compute each day's root again."""
    chain = Chain(manifest["start"]["sequence"], manifest["start"]["hash"])
    waiting = [group for group in groups if group["last"] > chain.sequence]
    tree = Tree()
    for record in records:
        for place, found in chain.take(record):
            check.fault(place, found)
        tree.add(record_hash(record))
        while waiting and chain.sequence >= waiting[0]["last"]:
            _close(waiting.pop(0), tree, check)
            tree = Tree()
    for group in waiting:
        check.fault(group["day"], "records of the day are missing")
    if chain.hash != manifest["head"]:
        check.fault("manifest.json", "the chain does not end where the export was made")


def _close(group: Document, tree: Tree, check: Check) -> None:
    if tree.root() != group["root"] or tree.count != group["count"]:
        check.fault(group["day"], "the records are not those that were signed for the day")


def _take_selected(
    records: Iterator[Document], manifest: Document, groups: list[Document], check: Check
) -> None:
    """Check that each record is one of its signed day, by its proof."""
    before, firsts = 0, [group["first"] for group in groups]
    for entry in records:
        record, place = entry["record"], str(entry["record"]["sequence"])
        found = bisect_right(firsts, record["sequence"]) - 1
        group = groups[found] if found >= 0 and record["sequence"] <= groups[found]["last"] else None
        if record["sequence"] <= before:
            check.fault(place, "out of order")
        before = record["sequence"]
        if record["hash"] != record_hash(record):
            check.fault(place, "the record was changed")
        if group is None:
            check.fault(place, "of no signed day")
            continue
        index = record["sequence"] - group["first"]
        if root_by_path(record_hash(record), index, group["count"], entry["path"]) != group["root"]:
            check.fault(place, f"not one of the records that were signed for {group['day']}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the export that is named, or the one that this file lies in.

    Returns:
        0 where it is whole, 1 where it is not, 2 where it is no export, 3 where its signatures were not checked.
    """
    parser = argparse.ArgumentParser(
        description="校验存取记录导出件 / check an export of the record of access"
    )
    parser.add_argument(
        "export",
        nargs="?",
        type=Path,
        default=Path(__file__).parent,
        help="目录或 .zip / a folder or .zip; default the folder of this file",
    )
    parser.add_argument("--key", help="公钥指纹 / fingerprint of the public key, got by another way")
    chosen = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        with opened(chosen.export) as root:
            check = check_export(root, chosen.key)
    except (OSError, zipfile.BadZipFile):
        sys.stdout.write(
            f"{chosen.export}: 不是导出件 / not an export; 期望 / expected: 目录或 .zip / a folder or .zip\n"
        )
        return 2
    for place, found in check.faults:
        sys.stdout.write(f"{place}: {found}\n")
    sys.stdout.write(
        f"{check.kind}: {check.records} 条记录 / records, {check.days} 日 / days, "
        f"公钥 / key {check.key}, {len(check.faults)} 处问题 / faults\n"
    )
    if not check.signatures_checked:
        sys.stdout.write("签名未校验 / signatures not checked: pip install cryptography\n")
        return 3
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
