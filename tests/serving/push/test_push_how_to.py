"""The how-to of push: its declaration, its curl command and its program do what they say, down to the base."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import BaseModel

from benchmarks.push.push_city import SECRET, PushCity
from resource_catalogue.resource import Update
from resource_catalogue.sources import Source
from resource_catalogue.sources.push import PushSource
from resource_catalogue.yaml_source import load_yaml

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "push-records.md"
TEXT = PAGE.read_text(encoding="utf-8")


def block(kind: str) -> str:
    """Return the only fenced block of a kind."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    return str(found)


class _Entry(BaseModel):
    update: Update
    source: Source


def test_the_declaration_of_the_page_can_be_made(tmp_path: Path) -> None:
    path = tmp_path / "entry.yml"
    path.write_text(block("yaml"), encoding="utf-8")
    source = _Entry.model_validate(load_yaml(path).data).source
    assert isinstance(source, PushSource)
    defaults = PushSource.model_validate({"connector": "push", "token": "env:T"})
    for name in ("max_records", "max_request_bytes", "keep_keys_days"):
        assert getattr(source, name) == getattr(defaults, name)


@pytest.mark.enable_socket
@pytest.mark.requirement("G-08")
def test_the_examples_of_the_page_reach_the_base_and_the_command_ends_in_order(city: PushCity) -> None:
    log = city.home / "push.log"
    with city.served(log) as served:
        place = f"http://127.0.0.1:{served.port}"
        environment = {**city.environment(), "LICENCES_TOKEN": SECRET}
        script, program = (
            block(kind).replace("https://push.example.gov.cn", place) for kind in ("sh", "python")
        )
        posted = subprocess.run(
            ["sh", "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert '"records":1' in posted.stdout
        again = subprocess.run(
            ["sh", "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert again.stdout == posted.stdout
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert re.fullmatch(r"[0-9a-f]{32}\n", ran.stdout)
        ends = time.monotonic() + 240
        while len(city.based()) < 2 and time.monotonic() < ends:
            time.sleep(0.3)
        assert sorted(city.based()) == ["JY13299010000017", "JY13299010000018"]
        assert sorted(city.standing()) == sorted(city.based())
        assert served.end() == 0
    assert "食品" not in log.read_text(encoding="utf-8")
