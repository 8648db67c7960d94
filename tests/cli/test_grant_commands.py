"""Recipients and grants from the command line: what an operator types, what is printed, what is never printed."""

import json
import shutil
import stat
from pathlib import Path

import pytest
from commanded_city import Terminal, joined, opened

from casework.credentials import recipient_by_token
from casework.ledger import verify_ledger
from casework.permits import permit
from cli import grant_commands, recipient_commands
from cli.catalogue_commands import state as set_entry_state
from lake import Lake
from lake.tables import GRANTS
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CaseError, CivicError, NotFoundError, NotPermitted, SettingError

CENTRE = ("--as", "data_centre/quality_officer")
SAID = ("--purpose", "核对区划", "--scenario", "行政审批", "--committed")
DIVISIONS = ("natural_resources.divisions", "--column", "division_code", "--mode", "table", *SAID)
PERMITS = (
    "police.residence_permits",
    "--column",
    "permit_no",
    *SAID,
    "--basis",
    "《居住证暂行条例》第十三条",
)

terminal = Terminal(joined(recipients=recipient_commands, grants=grant_commands))
done, told = terminal.done, terminal.told


@pytest.fixture
def city(bare_city: Path) -> Path:
    """Return the deployment with the recipient of an agency."""
    done("recipients", "add", "demo_approval", "--agency", "administrative_approval", *CENTRE)
    return bare_city


def test_a_recipient_is_added_shown_and_listed(city: Path) -> None:
    assert "启用 / active" in done(
        "recipients", "add", "tax_check", "--agency", "civil_affairs", "--label", "核税系统", *CENTRE,
        "--network", "10.1.0.0/16", "--requests-per-minute", "90",
    )  # fmt: skip
    (one, two) = json.loads(done("recipients", "list", "--json"))
    assert (one["id"], two["id"], two["networks"], two["name"]["zh"]) == (
        "demo_approval",
        "tax_check",
        ["10.1.0.0/16"],
        "核税系统",
    )
    assert "10.1.0.0/16" in done("recipients", "show", "tax_check")
    assert [r["id"] for r in json.loads(done("recipients", "list", "--agency", "市民政局", "--json"))] == [
        "tax_check"
    ]


def test_a_profile_file_opens_the_door_and_its_token_is_never_printed(city: Path, tmp_path: Path) -> None:
    out = tmp_path / "approval.share"
    printed = done(
        "recipients", "profile", "demo_approval", "--out", str(out), "--endpoint", "https://d.cn/s", *CENTRE
    )
    secret = json.loads(out.read_text(encoding="utf-8"))["bearerToken"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    printed += done("recipients", "show", "demo_approval")
    printed += done("recipients", "show", "demo_approval", "--json")
    assert secret not in printed
    state, now = opened(city), Deployment.open(city).as_of
    assert recipient_by_token(state, secret, now) is not None
    assert "已吊销 / revoked 1" in done(
        "recipients", "revoke-tokens", "demo_approval", *CENTRE, "--note", "外泄"
    )
    assert recipient_by_token(state, secret, now) is None
    assert verify_ledger(state).intact
    state.close()


def test_a_profile_needs_an_address_and_a_new_file(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ("recipients", "profile", "demo_approval", *CENTRE, "--out")
    assert "serving.base_url" in told(SettingError, *wanted, str(tmp_path / "a"))
    monkeypatch.setenv("CIVICLAKE_SERVING_BASE_URL", "https://data.example.gov.cn/")
    done(*wanted, str(tmp_path / "a"), "--oauth")
    content = json.loads((tmp_path / "a").read_text(encoding="utf-8"))
    assert content["tokenEndpoint"] == "https://data.example.gov.cn/delta-sharing/oauth/token"
    assert "already" in told(SettingError, *wanted, str(tmp_path / "a"))
    assert "no such folder" in told(SettingError, *wanted, str(tmp_path / "b" / "a"))


def test_unconditional_data_are_in_force_at_once_and_the_lake_knows(city: Path) -> None:
    assert "生效 / in force" in done("grants", "add", "demo_approval", *DIVISIONS, "--with-history", *CENTRE)
    (one,) = json.loads(done("grants", "list", "--json"))
    assert (one["id"], one["entry"], one["mode"], one["missing"]) == (
        "G-2026-0001",
        "natural_resources.divisions",
        "table",
        [],
    )
    assert one["history_from_version"] == 0
    lake = Lake.of(Deployment.open(city))
    assert lake.read(GRANTS)["share_table"].to_list() == [one["share_table"]]
    assert "自然资源" in done("grants", "show", "G-2026-0001")
    assert "已撤销 / revoked" in done("grants", "revoke", "G-2026-0001", *CENTRE, "--note", "不再需要")
    assert lake.read(GRANTS)["state"].to_list() == ["revoked"]
    again = told(CaseError, "grants", "revoke", "G-2026-0001", *CENTRE, "--note", "不再需要")
    assert "已撤销，不能撤销 / revoke in state revoked" in again
    assert "无须再办 / it is over" in again


def test_an_entry_that_is_suspended_is_not_served_until_the_next_run_but_not_at_all(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "city"
    shutil.copytree(published, home, symlinks=True)
    monkeypatch.setenv("CIVICLAKE_HOME", str(home))
    where = ("--home", str(home))
    done("recipients", "add", "demo_approval", "--agency", "administrative_approval", *CENTRE, *where)
    done("grants", "add", "demo_approval", *DIVISIONS, *CENTRE, *where)
    lake, both = Lake.of(Deployment.open(home)), ("data_centre/registrar", "data_bureau/reviewer")
    for state, expected in (("suspended", "suspended"), ("listed", "in_force")):
        set_entry_state("natural_resources.divisions", state, *both, home=home)
        (one,) = json.loads(done("grants", "list", "--json", *where))
        assert (one["state"], lake.read(GRANTS)["state"].to_list()) == (expected, [expected])


def test_conditional_data_wait_for_the_provider_whom_the_command_names(city: Path) -> None:
    printed = done("grants", "add", "demo_approval", *PERMITS, "--to", "2026-12-31", *CENTRE)
    assert "待同意 / requested" in printed
    assert "police (提供机构 / provider): 答复同意 / reply" in printed
    assert "第二十条第三款第（二）项" in printed
    assert "police" in done("grants", "list", "--state", "requested")
    state, deployment = opened(city), Deployment.open(city)
    known = permit(state, "demo_approval", deployment.as_of, state.zone)
    assert known is not None
    assert known.grants == ()
    assert "生效 / in force" in done("grants", "consent", "G-2026-0001", "--as", "police/data_officer")
    again = permit(state, "demo_approval", deployment.as_of, state.zone)
    assert again is not None
    assert [one.id for one in again.grants] == ["G-2026-0001"]
    state.close()


def test_a_copy_is_confirmed_on_a_document_of_which_only_the_hash_is_kept(city: Path, tmp_path: Path) -> None:
    document = tmp_path / "agreement.pdf"
    document.write_bytes(b"stamped")
    parcels = (
        "natural_resources.parcels",
        "--column",
        "parcel_no",
        "--mode",
        "file",
        *SAID,
        "--basis",
        "《土地管理法》",
    )
    done("grants", "add", "demo_approval", *parcels, *CENTRE)
    done("grants", "consent", "G-2026-0001", "--as", "data_bureau/data_officer")
    signed = ("--document", str(document), "--signed-on", "2026-03-10")
    for agency in ("administrative_approval", "natural_resources"):
        printed = done("grants", "consent", "G-2026-0001", "--as", f"{agency}/data_officer", *signed)
    assert "生效 / in force" in printed
    (case,) = json.loads(done("grants", "list", "--json"))
    stamps = {
        c["agency"]: (c["signed_on"], c["document_hash"])
        for c in case["consents"]
        if c["kind"] == "agreement"
    }
    assert set(stamps.values()) == {("2026-03-10", grant_commands.file_hash(document))}
    assert len(stamps) == 2


def test_a_provider_refuses_with_reason_and_basis(city: Path) -> None:
    done("grants", "add", "demo_approval", *PERMITS, *CENTRE)
    police = ("grants", "refuse", "G-2026-0001", "--as", "police/data_officer", "--note", "与职责无关")
    assert "--basis-title" in told(CaseError, *police)
    assert "rank" in told(SettingError, *police, "--basis-title", "某法")
    assert "未知" in told(SettingError, *police, "--basis-title", "某法", "--basis-rank", "custom")
    assert "位阶" in told(CaseError, *police, "--basis-title", "某规章", "--basis-rank", "government_rule")
    assert "未同意 / refused" in done(
        *police, "--basis-title", "个人信息保护法", "--basis-article", "第十三条", "--basis-rank", "law"
    )


def test_a_suspended_agency_is_shown_so_and_gets_nothing(city: Path) -> None:
    done(
        "recipients",
        "suspend-agency",
        "administrative_approval",
        "--as",
        "data_bureau/data_officer",
        "--note",
        "超范围",
    )
    shown = {one["id"]: one["agency_suspended"] for one in json.loads(done("recipients", "list", "--json"))}
    assert shown["demo_approval"]
    state, now = opened(city), Deployment.open(city).as_of
    assert permit(state, "demo_approval", now, state.zone) is None
    done(
        "recipients",
        "resume-agency",
        "administrative_approval",
        "--as",
        "data_bureau/data_officer",
        "--note",
        "整改",
    )
    assert permit(state, "demo_approval", now, state.zone) is not None
    state.close()


def test_a_recipient_is_suspended_resumed_and_ended(city: Path) -> None:
    done("grants", "add", "demo_approval", *DIVISIONS, *CENTRE)
    for act, state in (
        ("suspend", "暂停 / suspended"),
        ("resume", "启用 / active"),
        ("end", "已终止 / ended"),
    ):
        assert state in done("recipients", act, "demo_approval", *CENTRE, "--note", "演示")
    assert Lake.of(Deployment.open(city)).read(GRANTS)["state"].to_list() == ["revoked"]


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (("recipients", "add", "Bad-Name", "--agency", "police", *CENTRE), CaseError, "[a-z]"),
        (("recipients", "add", "other", "--agency", "nobody", *CENTRE), NotFoundError, "nobody"),
        (
            ("recipients", "add", "other", "--agency", "police", "--as", "police/data_officer"),
            NotPermitted,
            "operator",
        ),
        (("recipients", "show", "nobody"), NotFoundError, "civiclake recipients list"),
        (("recipients", "list", "--state", "asleep"), SettingError, "asleep"),
        (("grants", "show", "G-2026-0009"), NotFoundError, "civiclake grants list"),
        (("grants", "add", "demo_approval", *DIVISIONS, "--from", "明天", *CENTRE), SettingError, "--from"),
        (("grants", "add", "demo_approval", *DIVISIONS, "--mode", "fax", *CENTRE), SettingError, "接口调用"),
        (
            ("grants", "add", "demo_approval", *DIVISIONS, "--commitment", "/no/file", *CENTRE),
            SettingError,
            "/no/file",
        ),
        (("grants", "add", "nobody", *DIVISIONS, *CENTRE), NotFoundError, "recipient"),
        (("grants", "list", "--state", "asleep"), SettingError, "requested"),
        (("grants", "list", "--recipient", "nobody"), NotFoundError, "civiclake recipients list"),
    ],
)
def test_a_mistake_says_where_and_what_to_do(
    city: Path, arguments: tuple[str, ...], kind: type[CivicError], words: str
) -> None:
    message = told(kind, *arguments)
    assert words in message
    assert "处理 / what to do" in message
