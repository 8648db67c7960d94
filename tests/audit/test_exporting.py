"""An export is all that an auditor needs: it verifies itself, and what was changed in it is found."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audited_city import SUBJECT, Audited, an_access, at
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.exporting import export
from audit.journal import RecordNotWritten
from audit.selection import Selection
from audit.verifier import canonical, check_export, day_links, record_hash
from resource_catalogue.errors import LakeError, SettingError

WHEN = at("2026-03-19T18:00:00")


def alone(folder: Path, *arguments: str, of: Path | None = None) -> tuple[int, str]:
    """Run the export's own verifier as a stranger does: elsewhere, without the platform's code."""
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), str(of or folder), *arguments],
        capture_output=True,
        text=True,
        cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": ""},
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def whole(three_days: Audited, tmp_path: Path) -> Path:
    return export(three_days.record, tmp_path / "whole", WHEN).path


@pytest.fixture
def selected(three_days: Audited, tmp_path: Path) -> Path:
    """Return an export of one recipient's records of three days among those of others."""
    for number in range(4):
        three_days.record.append(an_access("2026-03-19", recipient_id=f"other{number % 2}"))
    three_days.record.append(an_access("2026-03-20", recipient_id="other1"))
    three_days.record.seal(three_days.lake, at("2026-03-20"))
    chosen = Selection(recipient="other1", since=at("2026-03-19T00:00:00"))
    return export(three_days.record, tmp_path / "selected", at("2026-03-20"), chosen).path


def lines_of(folder: Path) -> list[bytes]:
    return (folder / "records.jsonl").read_bytes().splitlines()


def rewritten(
    folder: Path, change: Callable[[list[bytes]], list[bytes]], name: str = "records.jsonl"
) -> None:
    lines = (folder / name).read_bytes().splitlines()
    (folder / name).write_bytes(b"".join(line + b"\n" for line in change(lines)))


@pytest.mark.requirement("X-02")
def test_a_whole_export_verifies_itself_without_the_platform(whole: Path, three_days: Audited) -> None:
    key = three_days.record.verify(three_days.lake).key
    assert alone(whole, "--key", key) == (
        0,
        f"whole: 11 条记录 / records, 3 日 / days, 公钥 / key {key}, 0 处问题 / faults\n",
    )
    check = check_export(whole, key)
    assert (check.faults, check.records, check.signatures_checked) == ([], 11, True)
    assert {path.name for path in whole.iterdir()} == {
        "records.jsonl", "days.jsonl", "manifest.json", "public_key.pem", "verify.py", "README.txt",
    }  # fmt: skip


def test_the_verifier_in_the_export_is_the_platforms_own(whole: Path) -> None:
    source = Path(sys.modules["audit.verifier"].__file__ or "")
    assert (whole / "verify.py").read_bytes() == source.read_bytes()


def changed(line: bytes, **values: Any) -> bytes:
    entry = json.loads(line)
    record = entry.get("record", entry)
    record.update(values)
    record["hash"] = record_hash(record)
    return canonical(entry)


WHOLE_TAMPERINGS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "a row was cut out": (lambda ls: ls[:4] + ls[5:], "6"),
    "the first row was cut out": (lambda ls: ls[1:], "2"),
    "the last row was cut out": (lambda ls: ls[:-1], "manifest.json"),
    "a day was cut out": (lambda ls: ls[:3] + ls[8:], "2026-03-17"),
    "a row was changed": (lambda ls: [ls[0].replace(b"demo_county", b"demo_people"), *ls[1:]], "1"),
    "a row was changed and hashed anew": (lambda ls: [*ls[:4], changed(ls[4], rows=5), *ls[5:]], "6"),
    "two rows were swapped": (lambda ls: [*ls[:4], ls[5], ls[4], *ls[6:]], "6"),
    "a row was added": (lambda ls: [*ls, changed(ls[-1], sequence=12)], "12"),
    "a line is no record": (lambda ls: [*ls[:2], b"[1]", *ls[3:]], "line 3"),
}


@pytest.mark.parametrize("name", WHOLE_TAMPERINGS)
def test_a_tampering_with_a_whole_export_is_found(whole: Path, name: str) -> None:
    change, place = WHOLE_TAMPERINGS[name]
    rewritten(whole, change)
    check = check_export(whole)
    assert place in [where for where, _ in check.faults], check.faults
    code, told = alone(whole)
    assert code == 1
    assert f"{place}: " in told


@pytest.mark.parametrize("day", [0, 1, 2])
def test_a_missing_day_is_found(whole: Path, day: int) -> None:
    rewritten(whole, lambda lines: lines[:day] + lines[day + 1 :], "days.jsonl")
    assert check_export(whole).faults


def test_a_replaced_signature_or_key_is_found(whole: Path, three_days: Audited) -> None:
    key = three_days.record.verify(three_days.lake).key
    assert check_export(whole, "0" * 64).faults == [
        ("public_key.pem", "another key than the one that was named")
    ]
    manifest = json.loads((whole / "manifest.json").read_bytes())
    (whole / "manifest.json").write_bytes(canonical(manifest | {"signature": "00" * 64}))
    assert ("manifest.json", "the signature does not hold") in check_export(whole, key).faults


def test_a_key_hidden_behind_the_known_one_is_not_taken_for_it(whole: Path, three_days: Audited) -> None:
    known = (whole / "public_key.pem").read_bytes()
    key = three_days.record.verify(three_days.lake).key
    other = Ed25519PrivateKey.generate()
    pem = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    manifest = {
        k: v for k, v in json.loads((whole / "manifest.json").read_bytes()).items() if k != "signature"
    }
    signed = manifest | {"signature": other.sign(canonical(manifest)).hex()}
    (whole / "manifest.json").write_bytes(canonical(signed))
    for hidden in (known.splitlines()[1] + b"\n" + pem, known + pem, pem + known):
        (whole / "public_key.pem").write_bytes(hidden)
        assert check_export(whole, key).faults


@pytest.mark.parametrize("name", ["records.jsonl", "days.jsonl", "manifest.json", "public_key.pem"])
def test_an_export_without_one_of_its_files_is_not_whole(whole: Path, name: str) -> None:
    (whole / name).unlink()
    assert alone(whole)[0] == 1


def test_a_selection_proves_each_record_and_states_what_it_selects(selected: Path) -> None:
    records = [json.loads(line)["record"] for line in lines_of(selected)]
    assert [record["recipient_id"] for record in records] == ["other1"] * 3
    manifest = json.loads((selected / "manifest.json").read_bytes())
    assert manifest["filter"] == {"recipient": "other1", "since": "2026-03-18T16:00:00+00:00"}
    assert manifest["count"] == 3
    assert alone(selected)[0] == 0


SELECTED_TAMPERINGS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a row was changed": lambda ls: [ls[0].replace(b"other1", b"other0"), *ls[1:]],
    "a row was changed and hashed anew": lambda ls: [changed(ls[0], rows=77), *ls[1:]],
    "a row was cut out": lambda ls: ls[1:],
    "a row was repeated": lambda ls: [ls[0], *ls],
    "a row was given another's proof": lambda ls: [
        canonical({**json.loads(ls[0]), "path": json.loads(ls[1])["path"]}),
        *ls[1:],
    ],
    "a row was moved to another place": lambda ls: [changed(ls[0], sequence=2), *ls[1:]],
}


@pytest.mark.parametrize("name", SELECTED_TAMPERINGS)
def test_a_tampering_with_a_selection_is_found(selected: Path, name: str) -> None:
    rewritten(selected, SELECTED_TAMPERINGS[name])
    assert check_export(selected).faults
    assert alone(selected)[0] == 1


def test_a_filter_that_was_changed_afterwards_is_found(selected: Path) -> None:
    manifest = json.loads((selected / "manifest.json").read_bytes())
    for change in ({"filter": {}}, {"count": 2}, {"open": []}):
        (selected / "manifest.json").write_bytes(canonical(manifest | change))
        assert ("manifest.json", "the signature does not hold") in check_export(selected).faults


def test_an_export_can_be_one_file_and_is_checked_as_it_is(three_days: Audited, tmp_path: Path) -> None:
    done = export(three_days.record, tmp_path / "audit.zip", WHEN, Selection(subject_keys=(SUBJECT,)))
    assert oct(done.path.stat().st_mode & 0o777) == "0o600"
    with zipfile.ZipFile(done.path) as archive:
        check = check_export(zipfile.Path(archive))
        archive.extractall(tmp_path / "unpacked")
    assert (check.kind, check.records, check.faults) == ("selection", 11, [])
    unpacked = tmp_path / "unpacked"
    assert alone(unpacked)[0] == 0
    assert alone(unpacked, of=done.path) == alone(unpacked)
    for stray in (unpacked / "README.txt", tmp_path / "nowhere.zip"):
        code, told = alone(unpacked, of=stray)
        assert code == 2
        assert f"{stray}: 不是导出件 / not an export" in told


def test_an_export_is_itself_an_access(three_days: Audited, tmp_path: Path) -> None:
    export(three_days.record, tmp_path / "out", WHEN, None, "data_centre", "quality_officer")
    last = three_days.records()[-1]
    assert (last["action"], last["entry"], last["rows"]) == ("export", "audit.access", 11)
    assert (last["agency_id"], last["post"], last["detail"]["kind"]) == (
        "data_centre", "quality_officer", "whole",
    )  # fmt: skip


def test_an_export_that_cannot_be_recorded_is_not_made(
    three_days: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, journal = os.fsync, three_days.record.journal.folder

    def refuse(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve().parent == journal.resolve():
            raise OSError(28, "no space")
        sync(descriptor)

    monkeypatch.setattr("audit.journal.os.fsync", refuse)
    with pytest.raises(RecordNotWritten):
        export(three_days.record, tmp_path / "out", WHEN)
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


def test_an_export_does_not_write_over_anything(three_days: Audited, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(SettingError):
        export(three_days.record, tmp_path / "out", WHEN)


def test_a_broken_chain_is_not_exported_as_if_it_held(three_days: Audited, tmp_path: Path) -> None:
    three_days.rewrite("2026-03-17", lambda lines: lines[1:])
    with pytest.raises(LakeError):
        export(three_days.record, tmp_path / "out", WHEN)
    assert not (tmp_path / "out").exists()


def test_a_pruned_record_is_exported_from_where_it_begins(three_days: Audited, tmp_path: Path) -> None:
    later = at("2029-03-18T12:00:00")
    three_days.record.append(an_access("2029-03-18T12:00:00"))
    three_days.record.seal(three_days.lake, later)
    three_days.record.prune(three_days.lake, later)
    out = export(three_days.record, tmp_path / "out", later).path
    check = check_export(out)
    assert (check.faults, check.records, check.days) == ([], 4, 4)
    assert alone(out)[0] == 0
    manifest = json.loads((out / "manifest.json").read_bytes())
    (out / "manifest.json").write_bytes(canonical(manifest | {"pruned": None}))
    assert ("manifest.json", "the export does not begin where the chain does") in check_export(out).faults


def test_without_the_signature_library_chain_and_roots_are_checked_and_that_is_said(whole: Path) -> None:
    hidden = (
        "import sys, runpy; sys.modules['cryptography'] = None; "
        f"sys.argv = ['verify.py', {str(whole)!r}]; runpy.run_path({str(whole / 'verify.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-I", "-c", hidden], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "signatures not checked" in done.stdout
    rewritten(whole, lambda lines: lines[:4] + lines[5:])
    done = subprocess.run([sys.executable, "-I", "-c", hidden], capture_output=True, text=True, check=False)
    assert "6: " in done.stdout


def test_a_day_whose_count_and_numbers_differ_is_named() -> None:
    day = {"day": "2026-03-16", "first": 1, "last": 3, "count": 2}
    assert list(day_links([day])) == [("2026-03-16", "count and numbers of the day differ")]
    assert list(day_links([day | {"count": 3}])) == []
