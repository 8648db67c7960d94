"""The states of recipients, grants and suspensions of agencies, and what may follow what, as data.

Here: states and transitions with what a person sees. Not here: who exactly may act (``access_actors.py``), nor
making a transition (``ledger.advance``).
"""

from enum import StrEnum

from casework.transition import UNOPENED, Party, Transition
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
_LIVE = (AccessState.ACTIVE, AccessState.SUSPENDED)

RECIPIENT = (
    Transition(
        "register", (UNOPENED,), AccessState.ACTIVE, Party.RAISING_BODY, Label(zh="登记", en="Register")
    ),
    Transition(
        "enrol", (UNOPENED,), AccessState.ACTIVE, Party.HOLDER, Label(zh="注册", en="Register oneself")
    ),
    Transition(
        "change_password",
        (AccessState.ACTIVE,),
        None,
        Party.HOLDER,
        Label(zh="修改密码", en="Change the password"),
    ),
    Transition(
        "make_key",
        (AccessState.ACTIVE,),
        None,
        Party.HOLDER,
        Label(zh="生成访问密钥", en="Make an access key"),
    ),
    Transition(
        "revoke_key",
        (AccessState.ACTIVE,),
        None,
        Party.HOLDER,
        Label(zh="吊销访问密钥", en="Revoke an access key"),
    ),
    Transition(
        "close_account",
        (AccessState.ACTIVE,),
        AccessState.ENDED,
        Party.HOLDER,
        Label(zh="注销账号", en="Close one's account"),
    ),
    Transition(
        "erase_contact",
        (*_LIVE, AccessState.ENDED),
        None,
        Party.PLATFORM,
        Label(zh="删除联系方式", en="Erase the contact"),
    ),
    Transition(
        "issue_token",
        (AccessState.ACTIVE,),
        None,
        Party.RAISING_BODY,
        Label(zh="签发令牌", en="Issue a token"),
    ),
    Transition(
        "issue_client",
        (AccessState.ACTIVE,),
        None,
        Party.RAISING_BODY,
        Label(zh="签发客户端凭据", en="Issue client credentials"),
    ),
    Transition(
        "write_profile",
        (AccessState.ACTIVE,),
        None,
        Party.RAISING_BODY,
        Label(zh="写出接入文件", en="Write a profile file"),
    ),
    Transition(
        "revoke_tokens", _LIVE, None, Party.RAISING_BODY, Label(zh="吊销令牌", en="Revoke all credentials")
    ),
    Transition(
        "suspend",
        (AccessState.ACTIVE,),
        AccessState.SUSPENDED,
        Party.RAISING_BODY,
        Label(zh="暂停", en="Suspend"),
    ),
    Transition(
        "resume",
        (AccessState.SUSPENDED,),
        AccessState.ACTIVE,
        Party.RAISING_BODY,
        Label(zh="恢复", en="Resume"),
    ),
    Transition("end", _LIVE, AccessState.ENDED, Party.RAISING_BODY, Label(zh="终止", en="End")),
)
SHARE_GRANT = (
    Transition(
        "request", (UNOPENED,), AccessState.REQUESTED, Party.RAISING_BODY, Label(zh="受理", en="Request")
    ),
    Transition(
        "consent",
        (AccessState.REQUESTED, AccessState.SUSPENDED),
        None,
        Party.BODY_CONCERNED,
        Label(zh="同意", en="Consent"),
    ),
    Transition(
        "enter_into_force",
        (AccessState.REQUESTED,),
        AccessState.IN_FORCE,
        Party.PLATFORM,
        Label(zh="生效", en="Enter into force"),
    ),
    Transition(
        "refuse",
        (AccessState.REQUESTED,),
        AccessState.REFUSED,
        Party.BODY_CONCERNED,
        Label(zh="不同意", en="Refuse"),
    ),
    Transition(
        "suspend",
        (AccessState.IN_FORCE,),
        AccessState.SUSPENDED,
        Party.PLATFORM,
        Label(zh="暂停", en="Suspend"),
    ),
    Transition(
        "resume",
        (AccessState.SUSPENDED,),
        AccessState.IN_FORCE,
        Party.PLATFORM,
        Label(zh="恢复", en="Resume"),
    ),
    Transition(
        "follow_catalogue",
        OPEN_GRANT_STATES,
        None,
        Party.PLATFORM,
        Label(zh="随目录更新", en="Follow the catalogue"),
    ),
    Transition(
        "revoke",
        OPEN_GRANT_STATES,
        AccessState.REVOKED,
        Party.BODY_CONCERNED,
        Label(zh="撤销", en="Revoke"),
    ),
    Transition(
        "expire", OPEN_GRANT_STATES, AccessState.EXPIRED, Party.PLATFORM, Label(zh="到期", en="Expire")
    ),
)
CONSUMER_SUSPENSION = (
    Transition(
        "suspend", (UNOPENED,), AccessState.IN_FORCE, Party.RAISING_BODY, Label(zh="暂停服务", en="Suspend")
    ),
    Transition(
        "lift",
        (AccessState.IN_FORCE,),
        AccessState.LIFTED,
        Party.RAISING_BODY,
        Label(zh="恢复服务", en="Lift the suspension"),
    ),
)
