"""Bad bytes give a refusal or rows: never a crash, a hang, or more than a gigabyte."""

import os
import subprocess
import sys
from pathlib import Path

import broken_decoding
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seeds import SEEDS

ROOT = Path(__file__).resolve().parents[2]
MARKS = [
    b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1", b"SQLite format 3\0", b"\x1f\x8b\x08",
    b"BZh9", b"\xfd7zXZ\0", b"\x09\x08\x08\x00\x00\x05", b"\x03\x7a\x03\x01\x01\0\0\0\x41\0\x09\0", b"<a>", b"[", b"{",
    b"\xff\xfe", b"\xff\xfe\0\0", b"\xef\xbb\xbf", b"", "代码,名称\n".encode(), "代码,名称\n".encode("gbk"),
]  # fmt: skip
"""How files of each form begin."""


def survived(folder: Path, chance: int, seconds: int, forms: tuple[str, ...] = ()) -> str:
    """Run the trials in a process of their own and return what it says at its end."""
    program = [sys.executable, "-m", "broken_decoding", str(chance), str(seconds), str(folder), *forms]
    run = subprocess.run(
        program,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'ingestion'}", "RUST_BACKTRACE": "0"},
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    kept = sorted(path.name for path in folder.glob("*-*"))
    last = (folder / "form").read_text() if (folder / "form").exists() else "none"
    assert run.returncode == 0, (
        f"chance {chance}: ended with {run.returncode} at {last}; kept {kept}; {run.stdout}"
    )
    return run.stdout.splitlines()[-1]


def test_broken_files_of_every_form_give_rows_or_a_refusal(tmp_path: Path) -> None:
    said = survived(tmp_path, int(os.environ["TEST_SEED"]), 25)
    rows, refused = (int(word.strip("rowsefud ")) for word in said.split(",")[:2])
    # Some change nothing that counts and many break the file: were either rare, the trials would try nothing.
    assert rows > len(SEEDS)
    assert refused > len(SEEDS)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("form", SEEDS)
def test_many_broken_files_of_a_form_give_rows_or_a_refusal(tmp_path: Path, form: str) -> None:
    survived(tmp_path, int(os.environ["TEST_SEED"]), 60, (form,))


@given(content=st.binary(max_size=600), mark=st.sampled_from(MARKS))
@settings(max_examples=400, deadline=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_follows_the_mark_of_a_form_is_a_refusal_or_rows(
    tmp_path: Path, content: bytes, mark: bytes
) -> None:
    path = tmp_path / "feed"
    path.write_bytes(mark + content)
    assert broken_decoding.outcome(path, "") in ("rows", "refused")
