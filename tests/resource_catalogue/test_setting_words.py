"""Wrong settings and catalogue values are named in both languages, without pydantic's own words."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from resource_catalogue.errors import SettingError
from resource_catalogue.resource import Secrecy
from resource_catalogue.settings import load_settings
from resource_catalogue.shape_words import expected_words

_PYDANTIC = ("Input should", "Extra inputs", "Field required", "instance of", "String should", "Value error")


def refused(home: Path, text: str, **variables: str) -> SettingError:
    (home / "civiclake.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingError) as raised:
        load_settings(home, variables)
    return raised.value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sped = 3", "unknown setting"),
        ("[engine]\nthreads = 'many'", "整数 / a whole number"),
        ("[opening]\nk_open_to_all = 1", "不小于 2 的数 / a number not below 2"),
        ("[ingestion]\narrival = 'post'", "以下之一 / one of: folder, file, run"),
        ("engine = 3", "由键和值组成的映射 / a mapping"),
        ("[deployment]\ntime_zone = 'Mars'", "时区"),
        ("[deployment]\ndivision_code = '12'", "^[0-9]{6}$"),
    ],
)
def test_a_wrong_setting_is_said_in_both_languages(tmp_path: Path, line: str, said: str) -> None:
    error = refused(tmp_path, f'profile = "yancheng"\n{line}\n')
    assert said in error.message()
    assert [words for words in _PYDANTIC if words in error.message()] == []
    assert error.where.endswith("civiclake.toml")


def test_a_variable_is_not_laid_over_what_is_no_section(tmp_path: Path) -> None:
    error = refused(tmp_path, 'profile = "yancheng"\nengine = 3\n', CIVICLAKE_ENGINE_THREADS="2")
    assert "[engine]" in error.expected


def test_an_address_is_not_repeated(tmp_path: Path) -> None:
    error = refused(tmp_path, 'profile = "yancheng"\ncasework = "postgresql://user:hidden@host/name"\n')
    assert "hidden" not in error.message()


@pytest.mark.parametrize(
    ("shape", "value"),
    [(Secrecy, 3), (Secrecy, {"state": 3, "more": 1}), (dict[str, int], []), (bytes, 3), (complex, "x")],
)
def test_no_word_of_pydantic_reaches_a_person(shape: Any, value: object) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(shape).validate_python(value)
    for error in raised.value.errors():
        words = expected_words(error)
        assert " / " in words
        assert [leaked for leaked in _PYDANTIC if leaked in words] == []
