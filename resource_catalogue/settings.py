"""Settings of a deployment: ``civiclake.toml``, each overridable by ``CIVICLAKE_*``; unknown ones are refused.

Here: what a deployer decides (profile, clock, limits, platform targets). Not here: what a regulation says (profile).
The one place that may read the machine's clock is ``as_of_now``: everything else is given ``as_of``.
"""

import datetime as dt
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from resource_catalogue.errors import SettingError, own_place
from resource_catalogue.model import Label
from resource_catalogue.shape_words import expected_words

ENVIRONMENT_PREFIX = "CIVICLAKE_"
_NOT_SETTINGS = {"CIVICLAKE_HOME", "CIVICLAKE_REALDATA"}
_DEFAULTS = Path(__file__).with_name("defaults.toml")
_OPTIONS = {"CIVICLAKE_AS_OF": "--as-of", "CIVICLAKE_PROFILE": "--profile"}
"""Options of commands that are laid over the settings as their variables are."""
_SEE = "参阅 / see docs/settings.md"
_SHOWN_LENGTH = 60
_REFERENCE = re.compile(r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)\Z")
_NOT_SHOWN = frozenset({"casework", "bucket"})
"""Sections whose values are not shown: an address may hold a password, a key may be given where it may not."""
_Path = tuple[str, ...]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeploymentSettings(_Section):
    """Name the deployment and the division it serves.

    Attributes:
        id: Short name of the deployment.
        name: What a person sees, Chinese and English.
        division_code: GB/T 2260 code of the division it serves.
        time_zone: Zone of dates and limits.
    """

    id: str = "civiclake"
    name: Label = Label(zh="公共数据平台", en="Public-data platform")
    division_code: str = Field(default="000000", pattern=r"^[0-9]{6}$")
    time_zone: str = "Asia/Shanghai"

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("时区，如 Asia/Shanghai / a time zone such as Asia/Shanghai")
        return name


class IngestionSettings(_Section):
    """Say where agencies' files arrive.

    Attributes:
        inbox: Folder that the folder connector reads: below the deployment, absolute, or ``env:NAME``.
        arrival: ``folder``: the first folder below the inbox is the arrival date; ``file``: the file's own time;
            ``run``: a file arrives when a run first sees it.
        archive_members: Most members of an archive, or parts of a workbook.
        archive_bytes: Most bytes that an archive or workbook may unfold to.
        archive_ratio: How many times its own size it may unfold to, where that is more than 64 MiB: text repeats
            itself, so that tables shrink to a tenth or a thirtieth, the most regular XML to a hundredth.
        comparisons_per_day: How often in a day the files of one agency may be compared with other agencies' data.
    """

    inbox: str = "inbox"
    arrival: Literal["folder", "file", "run"] = "file"
    archive_members: int = Field(default=10_000, ge=1)
    archive_bytes: int = Field(default=4 * 1024**3, ge=1)
    archive_ratio: int = Field(default=250, ge=1)
    comparisons_per_day: int = Field(default=50, ge=0)


class OpeningSettings(_Section):
    """Set the smallest published cell per open type (policy, to be confirmed with GB/T 42460-2023 annex D).

    Attributes:
        k_open_to_all: Smallest cell of a dataset opened unconditionally.
        k_conditional: Smallest cell of a dataset opened conditionally.
    """

    k_open_to_all: int = Field(default=20, ge=2)
    k_conditional: int = Field(default=5, ge=2)


class TargetSettings(_Section):
    """Set platform targets for words without a number; shown as targets, never as prescribed limits.

    Attributes:
        rectification_working_days: Working days promised for 限期 and the like in rectification; null gives no date.
        promptly_working_days: Working days promised for 及时; null gives no date.
    """

    rectification_working_days: int | None = Field(default=None, ge=1)
    promptly_working_days: int | None = Field(default=None, ge=1)


class EngineSettings(_Section):
    """Bound what the engine may use.

    Attributes:
        threads: Threads of the engine; null lets it choose.
        memory_limit: Memory limit such as ``4GB``; null lets it choose.
    """

    threads: int | None = Field(default=None, ge=1)
    memory_limit: str | None = None


class LakeSettings(_Section):
    """Say how long earlier versions of the tables are kept.

    Attributes:
        keep_versions_days: Days after which ``civiclake thin`` forgets what was replaced; a week at least.
    """

    keep_versions_days: int = Field(default=90, ge=7)


class CaseworkSettings(_Section):
    """Say where the operational state lives; null means SQLite below ``var/``."""

    url: str | None = None


class BasesSettings(_Section):
    """Name base databases that the deployment builds beyond those of its profile."""

    also: tuple[str, ...] = ()


class ServingSettings(_Section):
    """Say how shared tables, lookups and the portal are served.

    Attributes:
        base_url: Address under which clients reach the platform, such as ``https://data.example.gov.cn``. Null: each
            client gets file addresses under the address that it called itself, and ``recipients profile`` asks for
            ``--endpoint``.
        url_minutes: How long the address of one file is good for.
        token_days: Life of a recipient's token.
        token_overlap_hours: How long the former token still works after a new profile was written.
        access_token_minutes: Life of an access token that the token endpoint gives out.
        requests_per_minute: Quota of a recipient that has none of its own.
        lookup_batch: Most keys in one lookup.
        body_bytes: Largest request body.
    """

    base_url: str | None = None
    url_minutes: int = Field(default=60, ge=1, le=1440)
    token_days: int = Field(default=180, ge=1, le=730)
    token_overlap_hours: int = Field(default=24, ge=0)
    access_token_minutes: int = Field(default=60, ge=11)
    requests_per_minute: int = Field(default=20_000, ge=1)
    lookup_batch: int = Field(default=1000, ge=1, le=1000)
    body_bytes: int = Field(default=1_048_576, ge=1024)


class BucketSettings(_Section):
    """Name a bucket of S3 storage from which recipients fetch shared tables; without one this server sends the files.

    Attributes:
        url: ``s3://name/prefix`` of a place that only this deployment writes; null copies nothing.
        endpoint: Address of the storage such as ``https://s3.example.gov.cn``; null takes that of AWS for the region.
        region: Region that requests are signed for.
        path_style: Whether the bucket's name stands in the path of addresses and not in the host.
        access_key_id: Where the key's id is: ``env:NAME``, or ``file:PATH`` (below the deployment, or absolute).
        secret_access_key: Where the secret key is, named likewise; never the key itself.
        allow_http: Whether the storage may be reached without encryption; for tests and closed networks only.
    """

    url: str | None = Field(
        default=None, pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?$"
    )
    endpoint: str | None = Field(default=None, pattern=r"^https?://[A-Za-z0-9.\-\[\]:]+/?$")
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    path_style: bool = True
    access_key_id: str | None = None
    secret_access_key: str | None = None
    allow_http: bool = False

    @field_validator("access_key_id", "secret_access_key")
    @classmethod
    def _referred(cls, value: str | None) -> str | None:
        if value is not None and not _REFERENCE.match(value):
            raise ValueError(
                "env:NAME 或 file:PATH，不写密钥本身 / env:NAME or file:PATH, never the key itself"
            )
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.url is not None and (self.access_key_id is None or self.secret_access_key is None):
            raise ValueError(
                "设置 url 时须有 access_key_id 和 secret_access_key / with url, access_key_id and secret_access_key"
            )
        if any(part in (".", "..") for part in (self.url or "").split("/")):
            raise ValueError("url 的前缀不含 . 或 .. / a url without . or .. in its prefix")
        if (self.endpoint or "").startswith("http:") and not self.allow_http:
            raise ValueError(
                "endpoint 用 https，或 allow_http = true / an https endpoint, or allow_http = true"
            )
        return self


class PushSettings(_Section):
    """Say how records that agencies push are taken in.

    Attributes:
        drain_seconds: Seconds between two looks at what waits, counted from one look to the next.
    """

    drain_seconds: float = Field(default=2, gt=0, le=3600)


class PortalSettings(_Section):
    """Say how the open portal (公共数据开放平台) is run.

    Attributes:
        base_url: Address under which people reach it; null takes that of each request.
        forms_per_hour: Forms that one address may send in an hour.
        receipts_per_minute: Receipts that one address may ask for in a minute.
        trusted_proxies: How many proxies stand before it, each adding the caller's address to ``X-Forwarded-For``.
        https: Whether people reach it by HTTPS, so that its cookie may demand that.
        requests_per_minute: Requests that one address, or one holder of an access key, may make in a minute.
        logins_per_hour: Log-ins that one address may try in an hour.
        failed_logins: Wrong passwords in a row after which an account takes none for an hour.
        registrations_per_hour: Accounts that one address may register in an hour.
        session_hours: Life of a session of a registered user.
        key_days: Life of an access key of a registered user.
        contact_days: Days after which contacts of closed forms and ended accounts are erased.
        map_approval: Number of the review (审图号) of the map of the deployment's divisions, shown on it; without one
            no boundaries are drawn.
    """

    base_url: str | None = None
    forms_per_hour: int = Field(default=10, ge=1)
    receipts_per_minute: int = Field(default=30, ge=1)
    trusted_proxies: int = Field(default=0, ge=0)
    https: bool = False
    requests_per_minute: int = Field(default=600, ge=1)
    logins_per_hour: int = Field(default=60, ge=1)
    failed_logins: int = Field(default=10, ge=1)
    registrations_per_hour: int = Field(default=10, ge=1)
    session_hours: int = Field(default=12, ge=1, le=720)
    key_days: int = Field(default=180, ge=1, le=730)
    contact_days: int = Field(default=90, ge=1)
    map_approval: str | None = Field(default=None, min_length=1, max_length=80)


class AuditSettings(_Section):
    """Say how long the record of access is kept.

    Attributes:
        retention_years: Years; three at least (Xinjiang a15¶2, read as a floor for all).
    """

    retention_years: int = Field(default=3, ge=3)


class _Item(BaseModel):
    """One of a list: set as a whole list, not by settings of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DemoRecipient(_Item):
    """Name a recipient that ``civiclake demo`` registers."""

    id: str
    agency: str
    name: Label


class DemoGrant(_Item):
    """Describe a grant that ``civiclake demo`` applies for, and that every body concerned then consents to."""

    recipient: str
    entry: str
    columns: tuple[str, ...]
    divisions: tuple[str, ...] = ()
    mode: Literal["service", "table", "file"]
    purpose: str
    scenario: str
    basis: str
    with_history: bool = False


class DemoSettings(_Section):
    """Say what ``civiclake demo`` does.

    Attributes:
        acts: Instants at which it runs, in order.
        recipients: Whom it registers before the first act; ``grants`` what they are granted.
    """

    acts: tuple[dt.datetime, ...] = ()
    recipients: tuple[DemoRecipient, ...] = ()
    grants: tuple[DemoGrant, ...] = ()


class Settings(_Section):
    """Hold all settings of a deployment.

    Attributes:
        profile: Id of the jurisdiction profile that applies.
        as_of: Instant that rules and limits count from, with time zone; without it the machine's clock.
    """

    profile: str
    as_of: dt.datetime | None = None
    deployment: DeploymentSettings = DeploymentSettings()
    ingestion: IngestionSettings = IngestionSettings()
    opening: OpeningSettings = OpeningSettings()
    targets: TargetSettings = TargetSettings()
    engine: EngineSettings = EngineSettings()
    lake: LakeSettings = LakeSettings()
    serving: ServingSettings = ServingSettings()
    bucket: BucketSettings = BucketSettings()
    push: PushSettings = PushSettings()
    portal: PortalSettings = PortalSettings()
    audit: AuditSettings = AuditSettings()
    casework: CaseworkSettings = CaseworkSettings()
    bases: BasesSettings = BasesSettings()
    demo: DemoSettings = DemoSettings()

    def zone(self) -> ZoneInfo:
        """Return the deployment's time zone."""
        return ZoneInfo(self.deployment.time_zone)


def as_of_now(settings: Settings) -> dt.datetime:
    """Return the instant that all rules and limits count from: the pinned one, else the machine's clock."""
    if settings.as_of is None:
        return dt.datetime.now(settings.zone()).replace(microsecond=0)  # noqa: TID251 - the one clock
    return settings.as_of if settings.as_of.tzinfo else settings.as_of.replace(tzinfo=settings.zone())


def setting_names() -> list[str]:
    """List every setting as ``section.name``, in the order of the file."""
    return [".".join(path) for path in _leaves(Settings)]


def load_settings(home: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read ``civiclake.toml`` below ``home`` and lay ``CIVICLAKE_*`` over it.

    Raises:
        SettingError: The file is missing or not TOML, a name is unknown or a value has the wrong form.
    """
    path = home / "civiclake.toml"
    values = tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))
    with own_place(path):
        _refuse_absence(path)
    values.update(_read_toml(path))
    given = _overlay(values, os.environ if environment is None else environment, path)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False), given, path) from None


def _refusal(errors: Iterable[Mapping[str, Any]], given: Mapping[_Path, str], file: Path) -> SettingError:
    """Name each wrong setting and the place where its value was given: the file, a variable or an option."""
    places, found, expected = [], [], []
    for error in errors:
        path = tuple(map(str, error["loc"]))
        setting = ".".join(path)
        origins = [_origin(name) for place, name in given.items() if path[: len(place)] == place]
        places.append(origins[0] if origins else str(file))
        if error["type"] == "extra_forbidden":
            found.append(f"{setting}: 未知的设置 / unknown setting")
            expected.append(_near(setting, setting_names()))
        else:
            found.append(f"{setting} = {_shown(path, error['input'])}")
            expected.append(expected_words(error))
    where, what, wanted = ("; ".join(dict.fromkeys(words)) for words in (places, found, expected))
    return SettingError(where, what, wanted, _SEE)


def _origin(variable: str) -> str:
    option = _OPTIONS.get(variable)
    return f"选项 / option {option} ({variable})" if option else f"环境变量 / environment variable {variable}"


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=3)
    return f"已知的设置 / a known setting{': ' if close else ''}{', '.join(close)}"


def _shown(path: _Path, value: Any) -> str:
    """Return a value as given, unless it may hold a secret."""
    if path[0] in _NOT_SHOWN:
        return "（不显示 / not shown）"
    if isinstance(value, list | tuple | dict):
        return "列表 / a list" if isinstance(value, list | tuple) else "表 / a table"
    return "空 / null" if value is None else repr(str(value)[:_SHOWN_LENGTH])


def environment_name(setting: str) -> str:
    """Return the variable that overrides a setting.

    >>> environment_name("opening.k_conditional")
    'CIVICLAKE_OPENING_K_CONDITIONAL'
    """
    return ENVIRONMENT_PREFIX + setting.replace(".", "_").upper()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with own_place(path):
            return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            str(path), f"不是 TOML / not valid TOML ({error})", "TOML, UTF-8", "改正文件 / mend the file"
        ) from None


def _refuse_absence(path: Path) -> None:
    if not path.exists():
        raise SettingError(
            str(path),
            "没有此文件 / there is no such file",
            "部署目录 / a deployment's folder",
            "用 --home 指定部署目录，或用 civiclake init 新建 / name it with --home, or make one: civiclake init DIR",
        )


def _overlay(values: dict[str, Any], environment: Mapping[str, str], file: Path) -> dict[_Path, str]:
    """Lay the variables over the file's values; return which setting each of them gave."""
    known = {environment_name(".".join(path)): path for path in _leaves(Settings)}
    given: dict[_Path, str] = {}
    for name, text in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX) or name in _NOT_SETTINGS:
            continue
        if name not in known:
            raise SettingError(_origin(name), "未知的设置 / unknown setting", _near(name, known), _SEE)
        target = values
        for part in known[name][:-1]:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                raise SettingError(
                    str(file), f"{part}: 不是一节 / not a section", f"[{part}]", "改正文件 / mend the file"
                )
        target[known[name][-1]] = _from_text(text)
        given[known[name]] = name
    return given


def _from_text(text: str) -> Any:
    """Read a variable as a TOML value where it is one (lists, numbers), else as text."""
    if text == "":
        return None
    if text[:1] in "[{":
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _leaves(model: type[BaseModel], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        candidates = get_args(kind) if get_origin(kind) else (kind,)
        section = next((c for c in candidates if isinstance(c, type) and issubclass(c, _Section)), None)
        found.extend(_leaves(section, (*above, name)) if section else [(*above, name)])
    return found
