"""Rules that no linter knows: one clock, one committer, no service test that is skipped without a word."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "norms", "resource_catalogue", "lake", "ingestion", "expectations", "masking", "casework", "audit", "opening",
    "serving", "reporting", "orchestration", "cli", "dbt_project",
)  # fmt: skip
_CLOCK = re.compile(
    r"datetime\.now|date\.today|utcnow|\btime\.(?:time|time_ns|localtime|gmtime|ctime)\(|\bfrom time import"
    r"|current_date|current_timestamp|(?<![.\w])(?:now|today|getdate|localtimestamp)\(\)",
    re.IGNORECASE,
)
_COMMIT = re.compile(
    r"\bwrite_deltalake\b|\b(?:write|sink)_delta\b|\bDeltaTable\b|\bimport_module\(.deltalake"
)
_REASON = re.compile(
    r"f?['\"](?:needs_[a-z]+: |CIVICLAKE_REALDATA |\{VARIABLE\} |the demo catalogue is not there)"
)
"""What a test may wait for: a service, which CI installs, or data that a checkout may be without."""


def lines(*rooms: str, endings: tuple[str, ...] = (".py", ".sql")) -> Iterator[tuple[str, str]]:
    """Give each line of the code of some rooms with its place."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in endings and "dbt_packages" not in path.parts and "target" not in path.parts:
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                    yield f"{path.relative_to(ROOT)}:{number}", line


def test_nothing_but_the_settings_reads_the_clock() -> None:
    hits = [place for place, line in lines(*ROOMS) if _CLOCK.search(line)]
    assert len(hits) == 1, hits
    assert hits[0].startswith("resource_catalogue/settings.py")


def test_nothing_but_the_lake_writes_delta_tables() -> None:
    others = [room for room in ROOMS if room != "lake"]
    assert [place for place, line in lines(*others) if _COMMIT.search(line)] == []
    assert any(_COMMIT.search(line) for _, line in lines("lake"))


def test_arrow_reads_delta_tables_without_a_file_system_in_python() -> None:
    # Its threads would call the interpreter, at its end too: see lake/arrow_rows.py.
    hits = [
        place
        for place, line in lines(*ROOMS)
        if re.search(r"\.to_pyarrow_(table|dataset)\(|to_pandas\(", line)
    ]
    assert len(hits) == 1, hits
    assert hits[0].startswith("lake/arrow_rows.py")


def skips(path: Path) -> Iterator[str]:
    """Give the reason of each skip of a test file, as it is written; empty where none is."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and re.search(r"\.skip(if)?$", name := ast.unparse(call.func)):
            given = {word.arg: word.value for word in call.keywords}
            reason = given.get("reason", call.args[0] if call.args and not name.endswith("if") else None)
            yield ast.unparse(reason) if reason else ""


def test_a_test_that_is_skipped_says_which_service_or_data_it_lacks() -> None:
    # `.ci/run` fails on a skipped test whose reason begins with `needs_`: any other reason would pass unseen.
    reasons = [(path.name, one) for path in sorted((ROOT / "tests").rglob("*.py")) for one in skips(path)]
    assert len(reasons) > 5
    assert [(name, one) for name, one in reasons if not _REASON.match(one)] == []
    assert "^SKIPPED.*needs_" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
