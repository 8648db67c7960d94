"""The words of access: who receives data, what a grant names, and what one access was.

Rooms that must not import each other meet here: ``casework`` decides grants, the lake builds the tables they name,
``serving`` answers by them, ``audit`` keeps what was answered. Not here: tokens and consents (``casework``).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from resource_catalogue.model import Label
from resource_catalogue.words import TableName

GrantMode = Literal["service", "table", "file"]
GRANT_MODES: dict[GrantMode, Label] = {
    "service": Label(zh="接口调用", en="keyed lookup"),
    "table": Label(zh="库表对接", en="shared table"),
    "file": Label(zh="文件下载", en="files"),
}
"""Ways of sharing; ``table`` and ``file`` are copying (拷贝, Yancheng a20¶2)."""
COPYING: frozenset[GrantMode] = frozenset({"table", "file"})
RecipientState = Literal["active", "suspended", "ended"]
GrantState = Literal["in_force", "suspended", "revoked"]
BASE_ENTRY = "base"
"""First part of an entry that is a base database's table (``base.person``) and no agency's resource."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Describe who receives: a system of an agency, or a registered user of the open portal.

    Attributes:
        id: Short name; it is the name of the share that the recipient sees.
        agency_id: Body that answers for the system; null for a user of the portal.
        networks: Address ranges (CIDR) it may call from; empty admits every address.
        requests_per_minute: Quota; null takes the deployment's.
        bytes_per_day: Quota of bytes handed out; null means none.
    """

    id: str
    name: Label
    agency_id: str | None
    kind: Literal["system", "user"]
    state: RecipientState
    networks: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    bytes_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Describe what one recipient may see of one entry; nothing outside it exists for the recipient.

    Attributes:
        id: Number of its case, such as ``G-2026-0001``.
        entry: A resource (``police.household_registration``) or a base table (``base.person``).
        columns: Names of the columns, in order.
        divisions: Codes of the divisions whose rows may be seen; empty means all rows.
        purpose: What the data may be used for (使用用途); ``scenario`` where (应用场景).
        basis: Text that the recipient's duty rests on.
        valid_from: First day; ``valid_to`` the last, null where open.
        history_from_version: First version of the shared table that time travel and changes may reach; null
            where the grant is for the current version only.
    """

    id: str
    recipient_id: str
    entry: str
    columns: tuple[str, ...]
    divisions: tuple[str, ...]
    mode: GrantMode
    purpose: str
    scenario: str
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None
    state: GrantState
    history_from_version: int | None = None

    def is_in_force(self, day: dt.date) -> bool:
        """Tell whether the grant holds on a day, both ends included."""
        return (
            self.state == "in_force"
            and self.valid_from <= day
            and (self.valid_to is None or day <= self.valid_to)
        )

    @property
    def table(self) -> TableName:
        """Return the table that holds what the grant names, and nothing else."""
        return _kept_share_table(self.entry, self.columns, self.divisions, self.mode)


def share_table(entry: str, columns: Iterable[str], divisions: Iterable[str], mode: GrantMode) -> TableName:
    """Name the table of a grant class: same entry, columns and divisions, served or copied.

    >>> str(share_table("base.person", ["citizen_id"], ["329902"], "table"))
    'share.base__person__copy__3c5a86da75a041e7'
    """
    kind = "copy" if mode in COPYING else "service"
    body = json.dumps([sorted(set(columns)), sorted(set(divisions))], ensure_ascii=False)
    mark = hashlib.sha256(body.encode()).hexdigest()[:16]
    return TableName("share", f"{entry.replace('.', '__')}__{kind}__{mark}")


@lru_cache(4096)
def _kept_share_table(
    entry: str, columns: tuple[str, ...], divisions: tuple[str, ...], mode: GrantMode
) -> TableName:
    """Name the table of a grant's class; servers ask for it several times per request."""
    return share_table(entry, columns, divisions, mode)


@dataclass(frozen=True, slots=True)
class ServedEntry:
    """Say how a served table is asked: what an identifier of its subjects is, and how fresh it is.

    Attributes:
        entry: What it was made from.
        entity: Kind of subject whose identifier is asked for; empty where it is the entry's own key.
        key_types: Types of the columns of the entry's own key, in order.
        as_of: Instant up to which the rows were brought.
        notice: What becomes of the entry, where another takes its place; else empty.
    """

    entry: str
    entity: str
    key_types: tuple[str, ...]
    as_of: str
    notice: str = ""


AccessAction = Literal[
    "list",
    "query",
    "changes",
    "file",
    "lookup",
    "verify",
    "download",
    "export",
    "trace",
    "explain",
    "compare",
]
ACCESS_ACTIONS: dict[AccessAction, Label] = {
    "list": Label(zh="列出共享", en="listed what is shared"),
    "query": Label(zh="查询共享表", en="queried a shared table"),
    "changes": Label(zh="读取变化", en="read the changes of a shared table"),
    "file": Label(zh="取走文件", en="fetched a file"),
    "lookup": Label(zh="按键查询", en="looked up a subject"),
    "verify": Label(zh="接口核验", en="verified values of a subject"),
    "download": Label(zh="下载开放数据", en="downloaded an opened dataset"),
    "export": Label(zh="导出", en="exported"),
    "trace": Label(zh="追溯来源", en="traced a row"),
    "explain": Label(zh="查看依据", en="explained a value"),
    "compare": Label(zh="比对文件", en="compared a file"),
}
"""What an access did, in the words a person sees."""


@dataclass(frozen=True, slots=True)
class Access:
    """Say what left the platform in one access; never with a value of a data row.

    Attributes:
        at: Instant of the platform's clock.
        action: What was done.
        recipient_id: Who received; empty where a person of the platform acted.
        agency_id: Body that answers for the reader; ``post`` its office, empty for a system.
        purpose: As the reader stated it, or as granted.
        grant_id: Grant that it rests on; empty for opened data and for the platform's own persons.
        entry: What was read: an entry, dataset or case; of a refused request what it asked for, where the catalogue
            has it, else empty, and ``detail.asked`` says as much of the address as is a name of the catalogue.
        columns: Names of the columns that were handed out.
        table: Table and ``version`` that it was read from; null version where there is none.
        rows: Rows handed out; ``bytes`` the size of the answer or file.
        subject_key: Keyed hash of the one subject that was looked up; empty for bulk access.
        divisions: Codes of the divisions that answer for the rows.
        result: ``answered``, or the code of the refusal.
        request_id: Number by which the reader can ask about it.
    """

    at: dt.datetime
    action: AccessAction
    result: str
    recipient_id: str = ""
    agency_id: str = ""
    post: str = ""
    purpose: str = ""
    grant_id: str = ""
    entry: str = ""
    columns: tuple[str, ...] = ()
    table: str = ""
    version: int | None = None
    rows: int = 0
    bytes: int = 0
    subject_key: str = ""
    divisions: tuple[str, ...] = ()
    request_id: str = ""
    detail: dict[str, str] = field(default_factory=dict)
