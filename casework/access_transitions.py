"""The states of recipients, grants and suspensions of agencies, and what may follow what, as data.

Here: states and transitions with what a person sees. Not here: who exactly may act (``access_actors.py``), nor
making a transition (``ledger.advance``).
"""

from enum import StrEnum

from casework.transition import UNOPENED, Party, step
from resource_catalogue.model import Label


class AccessState(StrEnum):
    """State of a recipient, of a grant, or of the suspension of an agency."""

    ACTIVE = "active"
    REQUESTED = "requested"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    REVOKED = "revoked"
    EXPIRED = "expired"
    ENDED = "ended"
    LIFTED = "lifted"


ACCESS_STATES: dict[AccessState, Label] = {
    AccessState.ACTIVE: Label(zh="启用", en="active"),
    AccessState.REQUESTED: Label(zh="待同意", en="requested"),
    AccessState.IN_FORCE: Label(zh="生效", en="in force"),
    AccessState.SUSPENDED: Label(zh="暂停", en="suspended"),
    AccessState.REFUSED: Label(zh="未同意", en="refused"),
    AccessState.REVOKED: Label(zh="已撤销", en="revoked"),
    AccessState.EXPIRED: Label(zh="已到期", en="expired"),
    AccessState.ENDED: Label(zh="已终止", en="ended"),
    AccessState.LIFTED: Label(zh="已恢复", en="lifted"),
}
ENDED_STATES = frozenset(
    {AccessState.REFUSED, AccessState.REVOKED, AccessState.EXPIRED, AccessState.ENDED, AccessState.LIFTED}
)
"""States in which nothing more happens."""
OPEN_GRANT_STATES = (AccessState.REQUESTED, AccessState.IN_FORCE, AccessState.SUSPENDED)
"""States of a grant that is not over."""
_ACTIVE = (AccessState.ACTIVE,)
_LIVE = (AccessState.ACTIVE, AccessState.SUSPENDED)

RECIPIENT = (
    step("register", (UNOPENED,), AccessState.ACTIVE, Party.RAISING_BODY, "登记", "Register"),
    step("enrol", (UNOPENED,), AccessState.ACTIVE, Party.HOLDER, "注册", "Register oneself"),
    step("change_password", _ACTIVE, None, Party.HOLDER, "修改密码", "Change the password"),
    step("make_key", _ACTIVE, None, Party.HOLDER, "生成访问密钥", "Make an access key"),
    step("revoke_key", _ACTIVE, None, Party.HOLDER, "吊销访问密钥", "Revoke an access key"),
    step("close_account", _ACTIVE, AccessState.ENDED, Party.HOLDER, "注销账号", "Close one's account"),
    step(
        "erase_contact",
        (*_LIVE, AccessState.ENDED),
        None,
        Party.PLATFORM,
        "删除联系方式",
        "Erase the contact",
    ),
    step("issue_token", _ACTIVE, None, Party.RAISING_BODY, "签发令牌", "Issue a token"),
    step("issue_client", _ACTIVE, None, Party.RAISING_BODY, "签发客户端凭据", "Issue client credentials"),
    step("write_profile", _ACTIVE, None, Party.RAISING_BODY, "写出接入文件", "Write a profile file"),
    step("revoke_tokens", _LIVE, None, Party.RAISING_BODY, "吊销令牌", "Revoke all credentials"),
    step("suspend", _ACTIVE, AccessState.SUSPENDED, Party.RAISING_BODY, "暂停", "Suspend"),
    step("resume", (AccessState.SUSPENDED,), AccessState.ACTIVE, Party.RAISING_BODY, "恢复", "Resume"),
    step("end", _LIVE, AccessState.ENDED, Party.RAISING_BODY, "终止", "End"),
)
SHARE_GRANT = (
    step("request", (UNOPENED,), AccessState.REQUESTED, Party.RAISING_BODY, "受理", "Request"),
    step(
        "consent",
        (AccessState.REQUESTED, AccessState.SUSPENDED),
        None,
        Party.BODY_CONCERNED,
        "同意",
        "Consent",
    ),
    step(
        "enter_into_force",
        (AccessState.REQUESTED,),
        AccessState.IN_FORCE,
        Party.PLATFORM,
        "生效",
        "Enter into force",
    ),
    step("refuse", (AccessState.REQUESTED,), AccessState.REFUSED, Party.BODY_CONCERNED, "不同意", "Refuse"),
    step("suspend", (AccessState.IN_FORCE,), AccessState.SUSPENDED, Party.PLATFORM, "暂停", "Suspend"),
    step("resume", (AccessState.SUSPENDED,), AccessState.IN_FORCE, Party.PLATFORM, "恢复", "Resume"),
    step("follow_catalogue", OPEN_GRANT_STATES, None, Party.PLATFORM, "随目录更新", "Follow the catalogue"),
    step("revoke", OPEN_GRANT_STATES, AccessState.REVOKED, Party.BODY_CONCERNED, "撤销", "Revoke"),
    step("expire", OPEN_GRANT_STATES, AccessState.EXPIRED, Party.PLATFORM, "到期", "Expire"),
)
CONSUMER_SUSPENSION = (
    step("suspend", (UNOPENED,), AccessState.IN_FORCE, Party.RAISING_BODY, "暂停服务", "Suspend"),
    step(
        "lift",
        (AccessState.IN_FORCE,),
        AccessState.LIFTED,
        Party.RAISING_BODY,
        "恢复服务",
        "Lift the suspension",
    ),
)
