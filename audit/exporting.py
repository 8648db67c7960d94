"""Exports for an auditor who has nothing else: the whole chain, or a selection with proofs; both verify themselves.

Here: writing the folder or zip. Not here: checking it (``verifier.py``, a copy of which lies in it).
"""

import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from audit import verifier
from audit.journal import Tail
from audit.merkle import inclusion_paths
from audit.record import AccessRecord
from audit.sealing import followed
from audit.selection import Selection
from audit.signing import Signer
from audit.verifier import ZERO, Chain, Document, Tree, canonical
from lake.tables import ACCESS
from resource_catalogue.access_words import Access
from resource_catalogue.errors import SettingError, own_place

_UNSIGNED = "unsigned"
"""Name of the group of records whose day is not signed yet; the manifest's signature covers its root."""
_README = """存取记录导出件 / export of the record of access

records.jsonl    记录，每行一条 / the records, one a line
days.jsonl       每日签名的默克尔根 / the signed Merkle root of each day
manifest.json    范围、条数、散列，已签名 / filter, count and hashes, signed
public_key.pem   公钥；其指纹请通过其他途径核对 / public key; compare its fingerprint by another way
verify.py        校验程序 / the verifier:  python verify.py --key FINGERPRINT
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """Report an export.

    Attributes:
        kind: ``whole`` or ``selection``.
        head: Hash of the last record of the chain at that time.
        key: Fingerprint of the public key, to be given to the auditor by another way.
    """

    path: Path
    kind: str
    records: int
    head: str
    key: str


def export(
    record: AccessRecord,
    out: Path,
    as_of: dt.datetime,
    selection: Selection | None = None,
    agency: str = "",
    post: str = "",
) -> Exported:
    """Write an export; taking the record out of the platform is an access itself and recorded first.

    Args:
        out: Folder to be made, or a file ending in ``.zip``.
        selection: Which records; null or empty exports the whole chain.
        agency: Body that takes it; ``post`` its office.

    Raises:
        SettingError: Something lies there already, or it cannot be written.
        LakeError: The chain does not hold: an export would attest what is not so.
        RecordNotWritten: The export could not be recorded, so it was not made.
    """
    chosen = selection if selection is not None and not selection.is_all else None
    if out.exists():
        raise SettingError(
            str(out), "已存在 / exists", "新的位置 / a new place", "换一个名称 / choose another"
        )
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    with own_place(out), record.held():
        draft.mkdir(parents=True, mode=0o700)
        try:
            manifest = _Export(record, as_of, chosen, draft).written()
            whole = _zipped(draft, out.suffix == ".zip")
            record.append(_access(manifest, as_of, agency, post, _size(whole)))
            whole.rename(out)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            _packed(draft).unlink(missing_ok=True)
    return Exported(out, manifest["kind"], manifest["count"], manifest["head"], manifest["key_id"])


class _Export:
    """Write the files of one export."""

    def __init__(
        self, record: AccessRecord, as_of: dt.datetime, selection: Selection | None, folder: Path
    ) -> None:
        self._record, self._as_of, self._selection, self._folder = record, as_of, selection, folder
        self._signer = Signer(record.deployment)
        self._days = record.files.days()
        self._pruned = record.files.pruned()
        self._unsigned: list[Document] = []
        self._count = 0
        self._digest = hashlib.sha256()

    def written(self) -> Document:
        """Write all files and return the manifest."""
        tail, start = self._record.journal.tail(), self._record.files.start()
        lines = (line for _, line in self._record.journal.lines(start[0], tail))
        chain = Chain(*start)
        with (self._folder / "records.jsonl").open("wb") as file:
            for group, records in groupby(followed(chain, lines), key=self._group):
                self._write_group(group, records, file)
        days = b"".join(canonical(day) + b"\n" for day in self._days)
        (self._folder / "days.jsonl").write_bytes(days)
        (self._folder / "public_key.pem").write_bytes(self._signer.pem)
        shutil.copyfile(verifier.__file__, self._folder / "verify.py")
        (self._folder / "README.txt").write_text(_README, encoding="utf-8")
        manifest = self._signer.signed("export", self._manifest(start, tail))
        (self._folder / "manifest.json").write_bytes(canonical(manifest) + b"\n")
        return manifest

    def _group(self, record: Document) -> int:
        """Return the place of the signed day that a record is of; the number of days for those not signed yet."""
        low, high = 0, len(self._days)
        while low < high:
            middle = (low + high) // 2
            low, high = (
                (middle + 1, high) if self._days[middle]["last"] < record["sequence"] else (low, middle)
            )
        return low

    def _write_group(self, group: int, records: Iterator[Document], file: BinaryIO) -> None:
        if self._selection is None:
            tree = Tree()
            for one in records:
                tree.add(one["hash"])
                self._write(one, file)
            self._note(group, tree, one["sequence"])
            return
        tree, hashes, chosen = Tree(), list[str](), list[tuple[int, Document]]()
        for index, one in enumerate(records):
            tree.add(one["hash"])
            hashes.append(one["hash"])
            if self._selection.admits(one):
                chosen.append((index, one))
        self._note(group, tree, one["sequence"])
        if chosen:
            paths = inclusion_paths(hashes, [index for index, _ in chosen])
            for (_, one), path in zip(chosen, paths, strict=True):
                self._write({"record": one, "path": path}, file)

    def _note(self, group: int, tree: Tree, last: int) -> None:
        if group == len(self._days):
            first = last - tree.count + 1
            self._unsigned.append(
                {"day": _UNSIGNED, "first": first, "last": last, "count": tree.count, "root": tree.root()}
            )

    def _write(self, line: Document, file: BinaryIO) -> None:
        data = canonical(line) + b"\n"
        file.write(data)
        self._digest.update(data)
        self._count += 1

    def _manifest(self, start: tuple[int, str], tail: Tail) -> Document:
        return {
            "kind": "whole" if self._selection is None else "selection",
            "filter": self._selection.described() if self._selection else {},
            "made_at": self._as_of.astimezone(dt.UTC).isoformat(),
            "count": self._count,
            "start": {"sequence": start[0], "hash": start[1]},
            "pruned": self._pruned,
            "last": tail.sequence,
            "head": tail.hash,
            "last_root": self._days[-1]["root"] if self._days else ZERO,
            "open": self._unsigned,
            "records_sha256": self._digest.hexdigest(),
        }


def _zipped(draft: Path, is_zip: bool) -> Path:
    if not is_zip:
        return draft
    packed = _packed(draft)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(draft.iterdir()):
            archive.write(path, path.name)
    packed.chmod(0o600)
    return packed


def _packed(draft: Path) -> Path:
    return draft.with_name(f"{draft.name}.zip")


def _size(path: Path) -> int:
    parts: Iterable[Path] = path.iterdir() if path.is_dir() else (path,)
    return sum(part.stat().st_size for part in parts)


def _access(manifest: Document, as_of: dt.datetime, agency: str, post: str, size: int) -> Access:
    stated = {name: json.dumps(value) for name, value in manifest["filter"].items()}
    return Access(
        at=as_of,
        action="export",
        result="answered",
        agency_id=agency,
        post=post,
        entry=str(ACCESS),
        table=str(ACCESS),
        rows=manifest["count"],
        bytes=size,
        request_id=secrets.token_hex(8),
        detail={"kind": manifest["kind"], "records_sha256": manifest["records_sha256"], **stated},
    )
