"""A bucket is named whole, reached encrypted, and its keys are referred to and never written down."""

from pathlib import Path

import pytest

from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError

WHOLE = {
    "url": '"s3://shares/city"',
    "endpoint": '"https://s3.example.cn"',
    "access_key_id": '"env:OBJECT_STORE_ID"',
    "secret_access_key": '"file:keys/secret"',
}


def opened(home: Path, **changes: str | None) -> Deployment:
    values = {**WHOLE, **changes}
    lines = [f"{name} = {value}" for name, value in values.items() if value is not None]
    (home / "civiclake.toml").write_text(
        "\n".join(['profile = "yancheng"', "[bucket]", *lines]), encoding="utf-8"
    )
    return Deployment.open(home)


def test_a_whole_section_is_taken(tmp_path: Path) -> None:
    settings = opened(tmp_path).settings.bucket
    assert (settings.url, settings.region, settings.allow_http) == ("s3://shares/city", "us-east-1", False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secret_access_key": '"wJalrXUtnFEMI/K7MDENG"'}, "never the key itself"),
        ({"access_key_id": '"AKIAIOSFODNN7EXAMPLE"'}, "不写密钥本身"),
        ({"access_key_id": '"env:"'}, "env:NAME"),
        ({"access_key_id": None}, "access_key_id"),
        ({"secret_access_key": None}, "secret_access_key"),
        ({"endpoint": '"http://s3.example.cn"'}, "allow_http"),
        ({"endpoint": '"https://user:hidden@s3.example.cn"'}, "格式为"),
        ({"endpoint": '"https://s3.example.cn/path"'}, "格式为"),
        ({"url": '"https://shares"'}, "s3://"),
        ({"url": '"s3://UPPER"'}, "s3://"),
        ({"url": '"s3://shares/a b"'}, "s3://"),
        ({"url": '"s3://shares/a/../b"'}, ".."),
    ],
)
def test_a_wrong_one_is_refused_without_repeating_it(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    with pytest.raises(SettingError) as refused:
        opened(tmp_path, **changes)
    told = f"{refused.value.message()} {refused.value!r}"
    assert said in told
    assert "civiclake.toml" in refused.value.where
    for secret in ("wJalr", "AKIA", "hidden"):
        assert secret not in told


def test_without_encryption_it_must_be_said(tmp_path: Path) -> None:
    settings = opened(tmp_path, endpoint='"http://127.0.0.1:9000"', allow_http="true").settings.bucket
    assert settings.endpoint == "http://127.0.0.1:9000"


def test_a_key_is_read_where_the_setting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = opened(tmp_path)
    monkeypatch.setenv("OBJECT_STORE_ID", " an-id\n")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret").write_text("a-secret\n", encoding="utf-8")
    bucket = deployment.settings.bucket
    assert deployment.secret("bucket.access_key_id", bucket.access_key_id) == "an-id"
    assert deployment.secret("bucket.secret_access_key", bucket.secret_access_key) == "a-secret"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_key_that_is_not_there_is_told_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    deployment = opened(tmp_path)
    (tmp_path / "keys").mkdir()
    if content is not None:
        (tmp_path / "keys" / "secret").write_bytes(content)
    with pytest.raises(SettingError) as refused:
        deployment.secret("bucket.secret_access_key", "file:keys/secret")
    assert refused.value.where == "bucket.secret_access_key"
    assert "file:keys/secret" in refused.value.found
    assert refused.value.remedy
    monkeypatch.delenv("OBJECT_STORE_ID", raising=False)
    with pytest.raises(SettingError, match="env:OBJECT_STORE_ID"):
        deployment.secret("bucket.access_key_id", "env:OBJECT_STORE_ID")
