"""Secrets of a deployment: made once, guarded against silent loss and exchange."""

import shutil
from pathlib import Path

import pytest

from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    (tmp_path / "civiclake.toml").write_text('profile = "yancheng"\n', encoding="utf-8")
    return Deployment.open(tmp_path, {})


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_key_is_made_once_for_its_owner_only(deployment: Deployment) -> None:
    key = deployment.key("row")
    assert len(key) == 32
    assert deployment.key("row") == key
    assert deployment.key("opening") != key
    assert (mode(deployment.var / "keys"), mode(deployment.var / "keys" / "row.key")) == (0o700, 0o600)


def test_a_lost_key_is_not_made_anew(deployment: Deployment) -> None:
    deployment.key("row")
    shutil.rmtree(deployment.var / "keys")
    with pytest.raises(SettingError, match=r"密钥丢失 / the key is lost") as raised:
        deployment.key("row")
    assert "backup" in raised.value.remedy
    assert not (deployment.var / "keys").exists()


@pytest.mark.parametrize("schema", ["raw", "standard"])
def test_rows_show_that_a_key_is_lost_where_it_was_never_marked(deployment: Deployment, schema: str) -> None:
    (deployment.lake_root / schema).mkdir(parents=True)
    with pytest.raises(SettingError, match=schema):
        deployment.key("row")


def test_a_restored_key_serves_again(deployment: Deployment) -> None:
    key, path = deployment.key("row"), deployment.var / "keys" / "row.key"
    path.unlink()
    path.write_bytes(key)
    assert deployment.key("row") == key


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33, b"y" * 32])
def test_another_key_than_the_one_that_was_made_is_refused(deployment: Deployment, content: bytes) -> None:
    deployment.key("row")
    (deployment.var / "keys" / "row.key").write_bytes(content)
    with pytest.raises(SettingError) as raised:
        deployment.key("row")
    assert not content or content.decode() not in str(raised.value)


def test_a_key_that_cannot_be_read_is_named(deployment: Deployment) -> None:
    path = deployment.var / "keys" / "row.key"
    path.mkdir(parents=True)
    with pytest.raises(SettingError) as raised:
        deployment.key("row")
    assert raised.value.where == str(path)


def test_a_key_that_cannot_be_written_is_named(deployment: Deployment) -> None:
    deployment.var.write_text("", encoding="utf-8")
    with pytest.raises(SettingError, match=r"row\.key"):
        deployment.key("row")
