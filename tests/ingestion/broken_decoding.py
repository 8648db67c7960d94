"""Decode broken files in a process that may use a gigabyte and ten seconds for each, and say which it did not survive.

Run as a program: arguments are seed of chance, seconds to go on, folder for what was found, and forms (all if none).
"""

import faulthandler
import io
import os
import random
import resource
import signal
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from made_inbox import a_resource
from seeds import SEEDS, WIDTHS

from ingestion.decode import decode_file
from resource_catalogue.errors import DeliveryError

MOST_BYTES = 1 << 30
MOST_SECONDS = 10
DECLARED = {"fixed_width": {"widths": list(WIDTHS)}}
"""What an entry says of a form that cannot be told by its bytes."""
_ODD_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF)
_PIECES = (
    b"\0" * 8,
    b"\xff" * 8,
    b"PK\x03\x04",
    b"<a>",
    b"</a>",
    b'"',
    b"\n",
    b"\xe4\xbd",
    b"[[[[",
    b"9" * 40,
    b"<!DOCTYPE",
)


class Stopped(Exception):
    """A file took too long."""


def broken(content: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few places flipped, cut, doubled or filled."""
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        place = chance.randrange(len(found) + 1)
        length = chance.choice((1, 1, 2, 4, 16, 200))
        act = chance.randrange(6)
        if act == 0 and place < len(found):
            found[place] ^= 1 << chance.randrange(8)
        elif act == 1 and place < len(found):
            found[place] = chance.choice(_ODD_NUMBERS)
        elif act == 2:
            del found[place : place + length]
        elif act == 3:
            found[place:place] = found[place : place + length]
        elif act == 4:
            found[place:place] = chance.choice(_PIECES)
        else:
            found[place : place + length] = chance.randbytes(length)
        if chance.randrange(40) == 0:
            del found[place:]
    return bytes(found)


def broken_inside(content: bytes, chance: random.Random) -> bytes:
    """Return a ZIP one of whose members is broken, the ZIP itself being whole."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(members))
    members[name] = broken(members[name], chance)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, body in members.items():
            archive.writestr(member, body)
    return file.getvalue()


def outcome(path: Path, form: str) -> str:
    """Decode a file whole: ``rows``, or ``refused``; what else is raised, is raised."""
    try:
        decoded = decode_file(path, a_resource(source=DECLARED.get(form, {})))
        for block in decoded.blocks:
            for column in block.columns:
                column.validate(full=True)
            assert all(len(column) == len(block.row_numbers) == len(block.lines) for column in block.columns)
            assert len(block.columns) == len(decoded.header)
    except DeliveryError:
        return "refused"
    return "rows"


def trials(seeds: dict[str, bytes], chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Give broken files of all forms in turn, without end."""
    while True:
        for form, content in seeds.items():
            is_inside = content.startswith(b"PK") and chance.randrange(2)
            yield form, broken_inside(content, chance) if is_inside else broken(content, chance)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


def limit() -> None:
    """Bound memory, beside what the libraries have taken already, and the time of each file."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, used + MOST_BYTES))
    signal.signal(signal.SIGALRM, _stop)


def main(chance_seed: int, seconds: float, folder: Path, forms: list[str]) -> int:
    """Try broken files until the time is over; keep those that are not survived, and return how many there are."""
    faulthandler.enable()
    seeds = {form: make() for form, make in SEEDS.items() if not forms or form in forms}
    for form, content in seeds.items():
        (folder / "whole").write_bytes(content)
        assert outcome(folder / "whole", form) == "rows", form
    limit()
    chance = random.Random(chance_seed)
    path, begun, failed, tried = folder / "current", time.monotonic(), 0, {"rows": 0, "refused": 0}
    for form, content in trials(seeds, chance):
        if time.monotonic() - begun > seconds:
            break
        path.write_bytes(content)
        (folder / "form").write_text(form)
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS, 0.5)
        try:
            tried[outcome(path, form)] += 1
        except BaseException as error:
            failed += 1
            kind = type(error).__name__
            print(f"{form}: {kind}")
            (folder / f"{form}-{kind}-{failed}").write_bytes(content)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    print(f"rows {tried['rows']}, refused {tried['refused']}, failed {failed}")
    return failed


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]), 100))
