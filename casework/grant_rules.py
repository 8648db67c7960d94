"""What an application for a grant must say, and what may never be granted, as the profile and the entry rule it.

Here: the checks before a grant becomes a case; each refusal names the article and the basis (H-02, H-04, H-06,
H-10, H-11, H-18, H-21). Not here: consents (``consent_needs.py``), states (``grants.py``).
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casework.notes import checked_note
from casework.shared_entry import SharedColumn, SharedEntry
from resource_catalogue.access_words import COPYING, GRANT_MODES, GrantMode, Recipient
from resource_catalogue.errors import CaseError, NotPermitted
from resource_catalogue.model import LegalBasis
from resource_catalogue.profile import Profile
from resource_catalogue.profile_words import word_label

DECLARED = "declared"
"""Commitment that was given without a document."""
_HASH = re.compile(r"[0-9a-f]{64}")
_DIVISION = re.compile(r"[0-9]{6}")
_CHANGING = frozenset({"volatile", "time_critical"})


@dataclass(frozen=True, slots=True)
class Application:
    """Say what is asked for.

    Attributes:
        entry: A resource, or a base database's table (``base.person``).
        divisions: Divisions whose rows are asked for; empty for all rows.
        purpose: What the data are for (使用用途); ``scenario`` where they are used (应用场景).
        basis: Text that the consumer's duty rests on.
        commitment: Empty, ``declared``, or the SHA-256 of the written commitment.
        with_history: Ask for time travel and changes, from the version at which the grant comes into force.
    """

    entry: str
    columns: tuple[str, ...]
    mode: GrantMode
    purpose: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    scenario: str = ""
    basis: str = ""
    divisions: tuple[str, ...] = ()
    commitment: str = ""
    with_history: bool = False


def checked_columns(
    profile: Profile, entry: SharedEntry, names: Sequence[str], mode: GrantMode
) -> list[SharedColumn]:
    """Return the columns that are asked for, if they exist and may be shared in that mode.

    Raises:
        CaseError: None is named, one twice, or one does not exist.
        NotPermitted: One is not shared, or not in that mode.
    """
    unknown = [name for name in names if name not in entry.columns]
    if unknown or not names or len(set(names)) != len(names):
        raise CaseError(
            entry.id,
            f"信息项 / columns {', '.join(unknown or names) or '—'}: 没有或重复 / not there or named twice",
            " | ".join(entry.columns),
            "选用目录中的信息项 / choose columns of the entry",
        )
    chosen = [entry.columns[name] for name in names]
    for column in chosen:
        if column.type == "none":
            _refuse_unshared(profile, entry, column)
    _check_mode(profile, entry, chosen, mode)
    return chosen


def check_application(profile: Profile, application: Application, chosen: Sequence[SharedColumn]) -> None:
    """Refuse an application that does not say what the profile asks for.

    Raises:
        CaseError: A field is missing, a date or division is wrong, or a text holds an identifier of a person.
    """
    where = application.entry
    conditional = any(column.type == "conditional" for column in chosen)
    _check_fields(profile, application, conditional)
    _check_commitment(profile, application)
    for text in (application.purpose, application.scenario, application.basis):
        checked_note(where, text, required=False)
    if application.valid_to is not None and application.valid_to < application.valid_from:
        raise CaseError(
            where,
            f"期限 / period {application.valid_from} – {application.valid_to}",
            "止日不早于起日 / an end not before the beginning",
            "改正期限 / correct the period",
        )
    wrong = [code for code in application.divisions if not _DIVISION.fullmatch(code)]
    if wrong:
        raise CaseError(
            where, f"区划 / division {wrong[0][:20]!r}", "6 位数字 / 6 digits", "改正区划代码 / correct it"
        )


def check_receiver(
    profile: Profile, entry: SharedEntry, application: Application, receiver: Recipient
) -> None:
    """Refuse what the receiver or the entry does not admit at all.

    Raises:
        NotPermitted: The receiver is a user of the portal: sharing is among agencies.
        CaseError: The receiver is suspended or has ended, rows have no division, or a lookup asks for history.
    """
    if receiver.kind == "user" or receiver.agency_id is None:
        raise NotPermitted(
            f"接收方 / recipient {receiver.id}",
            "开放网站用户不得共享 / a user of the portal, not an agency's system",
            f"{profile.role_names.consumer.zh} ({profile.citation(profile.role_names.consumer)})",
            "开放数据见开放网站 / opened data are on the portal",
        )
    if receiver.state != "active":
        raise CaseError(
            f"接收方 / recipient {receiver.id}",
            f"状态 / state {receiver.state}",
            "启用 / active",
            "先恢复接收方 / resume it first",
        )
    check_divisions(entry, application.divisions)
    if application.with_history and application.mode not in COPYING:
        raise CaseError(
            entry.id,
            "接口调用没有历史版本 / a lookup has no history",
            " | ".join(sorted(COPYING)),
            "去掉历史或改用拷贝方式 / leave history out, or ask for a copying mode",
        )


def check_divisions(entry: SharedEntry, divisions: Sequence[str]) -> None:
    """Refuse to narrow a grant to divisions where the entry's rows name none.

    Raises:
        CaseError: Divisions are named and the entry has no column of divisions.
    """
    if divisions and not entry.has_divisions:
        raise CaseError(
            entry.id,
            "没有区划信息项 / no column of divisions",
            "行政区划类型的信息项 / a column of type division",
            "去掉区划限定 / leave the divisions out",
        )


def _refuse_unshared(profile: Profile, entry: SharedEntry, column: SharedColumn) -> None:
    rule = profile.basis.share
    cited = [f"{profile.citation(rule)}"] if rule.art else [profile.reference]
    cited += [_basis_in_words(basis) for basis in column.basis]
    raise NotPermitted(
        f"{entry.id}.{column.name}",
        f"{profile.share_types.none.zh} / {profile.share_types.none.en}",
        "; ".join(cited),
        "去掉此信息项 / leave the column out",
    )


def _basis_in_words(basis: LegalBasis) -> str:
    return "".join((f"《{basis.title}》", basis.doc_no or "", basis.article or ""))


def _check_mode(
    profile: Profile, entry: SharedEntry, chosen: Sequence[SharedColumn], mode: GrantMode
) -> None:
    modes = profile.provision("share.modes")
    if isinstance(modes.value, tuple) and modes.strength == "must" and mode not in modes.value:
        raise _mode_refusal(entry.id, mode, modes.value, profile.citation(modes))
    forced = profile.provision("share.interface_forced_for")
    if mode in COPYING and entry.is_real_time and _CHANGING.intersection(_words(forced.value)):
        raise _mode_refusal(entry.id, mode, ("service",), profile.citation(forced))
    for column in chosen:
        # Who contributes conditional columns to a base consents to each grant with its mode.
        decided = entry.agency is None and column.type == "conditional"
        if column.modes is not None and mode not in column.modes and not decided:
            raise _mode_refusal(f"{entry.id}.{column.name}", mode, sorted(column.modes), "目录 / the entry")


def _mode_refusal(where: str, mode: GrantMode, admitted: Sequence[str], cited: str) -> NotPermitted:
    return NotPermitted(
        where,
        f"{GRANT_MODES[mode].zh} / {mode}: 不允许 / not admitted",
        f"{' | '.join(admitted)} ({cited})",
        "改用允许的方式 / choose an admitted mode",
    )


def _words(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _check_fields(profile: Profile, application: Application, conditional: bool) -> None:
    """Refuse an application that leaves out what the text asks it to state."""
    missing = [
        f"{word_label('values', field).zh} / {field}"
        for field in _asked_fields(profile, conditional)
        if not _stated(application, field)
    ]
    key = "share.application_conditional" if conditional else "share.application_open_to_all"
    provision = profile.provision(key)
    if missing:
        raise CaseError(
            application.entry,
            f"申请未写明 / the application does not state: {', '.join(dict.fromkeys(missing))}",
            profile.citation(provision) if provision.art else profile.reference,
            "补充后重新办理 / state it",
        )
    if conditional and not application.basis.strip():
        raise CaseError(
            application.entry,
            "未写明履职依据 / the basis of the consumer's duty is not stated",
            "履职所依据的文件 / the text that the duty rests on",
            "填写依据 / state it with --basis",
        )


def _asked_fields(profile: Profile, conditional: bool) -> Iterator[str]:
    key = "share.application_conditional" if conditional else "share.application_open_to_all"
    yield from _words(profile.provision(key).value)
    if profile.provision("share.purpose_limited").value:
        yield "use"


def _stated(application: Application, field: str) -> bool:
    """Tell whether a field is stated; scope, items and mode always are, by divisions, columns and mode."""
    texts = {"use": application.purpose, "scenario": application.scenario}
    return bool(texts.get(field, "stated").strip())


def _check_commitment(profile: Profile, application: Application) -> None:
    provision = profile.provision("share.commitment")
    written = profile.provision("share.commitment_written")
    given = application.commitment
    if given and given != DECLARED and not _HASH.fullmatch(given):
        raise CaseError(
            application.entry,
            "承诺书摘要有误 / not a SHA-256",
            "64 位十六进制 / 64 hex digits",
            "重新计算 / take it anew",
        )
    if provision.value and not given:
        raise CaseError(
            application.entry,
            "使用机构未作承诺 / the consumer's commitment is not on record",
            f"{profile.citation(provision)}: {provision.words}",
            "取得承诺后办理 / have it given first",
        )
    if written.value and given == DECLARED:
        raise CaseError(
            application.entry,
            "缺书面承诺 / the commitment is not in writing",
            f"{profile.citation(written)}: {written.words}",
            "提供承诺书文件 / name its document",
        )
