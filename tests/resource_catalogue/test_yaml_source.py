"""Tests of reading catalogue files: plain values, their lines, and refusal of what YAML would guess."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel, ConfigDict, ValidationError

from resource_catalogue.faults import FaultyCatalogue
from resource_catalogue.yaml_source import YamlSource, faults_of, load_yaml


def read(folder: Path, text: str) -> YamlSource:
    """Write a text and load it."""
    path = folder / "entry.yml"
    path.write_text(text, encoding="utf-8")
    return load_yaml(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2022-11-04", "2022-11-04"),
        ("08:00", "08:00"),
        ("0301", "0301"),
        ("on", "on"),
        ("No", "No"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("'12'", "12"),
        ("12", 12),
        ("-1.5", -1.5),
        ("true", True),
        ("", None),
        ("~", None),
    ],
)
def test_a_scalar_is_what_it_looks_like(tmp_path: Path, text: str, value: object) -> None:
    found = read(tmp_path, f"key: {text}\n").data["key"]
    assert (found, type(found)) == (value, type(value))


def test_a_key_named_on_stays_text(tmp_path: Path) -> None:
    assert read(tmp_path, "decided: {on: 2025-12-20}\n").data == {"decided": {"on": "2025-12-20"}}


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "the key c twice"),
        ("a: 1\n1: 2\n", 2, "a key that is not text"),
        ("a: &x [1]\nb: *x\n", 2, "an alias (*name)"),
        ("a: !!python/name:os.system x\n", 1, "a type tag (!name)"),
        ("a: 1\nb: [1\nc: 2\n", 3, "did not find expected"),
        ("a: 1\n---\nb: 2\n", 2, "but found another document"),
        ("", 0, "empty file"),
    ],
)
def test_a_faulty_file_is_refused_at_its_line(tmp_path: Path, text: str, line: int, found: str) -> None:
    with pytest.raises(FaultyCatalogue) as caught:
        read(tmp_path, text)
    (fault,) = caught.value.faults
    assert fault.line == line
    assert found in fault.found
    assert str(tmp_path / "entry.yml") in str(caught.value)


def test_a_list_that_holds_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultyCatalogue):
        read(tmp_path, "a: &x [*x]\n")


def test_a_missing_file_and_a_file_in_another_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultyCatalogue, match="No such file"):
        load_yaml(tmp_path / "absent.yml")
    (tmp_path / "gb.yml").write_bytes("name: 市场".encode("gb18030"))
    with pytest.raises(FaultyCatalogue, match="not UTF-8"):
        load_yaml(tmp_path / "gb.yml")


def test_every_place_has_its_line_and_an_absent_place_that_of_its_parent(tmp_path: Path) -> None:
    source = read(tmp_path, "a:\n  b:\n    - 1\n    - {c: 2,\n       d: 3}\n")
    assert source.line_of(("a", "b", 1, "d")) == 5
    assert source.line_of(("a", "b", 0)) == 3
    assert source.line_of(("a", "b", 9, "x")) == 2
    assert source.line_of(("z",)) == 1


class Shape(BaseModel):
    """A shape to be violated."""

    model_config = ConfigDict(extra="forbid")
    count: int
    tags: list[str] = []


def test_errors_of_a_shape_become_faults_in_the_order_of_lines(tmp_path: Path) -> None:
    source = read(tmp_path, f"tags: [1]\ncount: {'x' * 80}\nmore: {{}}\n")
    with pytest.raises(ValidationError) as caught:
        Shape.model_validate(source.data)
    faults = sorted(faults_of(caught.value, source))
    assert [(fault.line, fault.place) for fault in faults] == [(1, "tags[0]"), (2, "count"), (3, "more")]
    assert len(faults[1].found) == 61
    assert all(fault.expected and fault.remedy for fault in faults)


plain: SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=plain)
def test_what_another_writer_quotes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    folder = tmp_path_factory.mktemp("yaml")

    class Quoting(yaml.SafeDumper):
        """Write without anchors."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    text = yaml.dump({"value": value}, Dumper=Quoting, allow_unicode=True, default_style='"')
    assert read(folder, text).data == {"value": value}
