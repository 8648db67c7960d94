"""Recording what a command lets leave the platform, before it is printed.

Here: the access of one command. Not here: the record itself (``audit``).
"""

import secrets
from typing import Any

from audit.record import AccessRecord
from casework.actors import Actor, check_known
from cli.options import actor_of
from resource_catalogue.access_words import Access, AccessAction
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.words import TableName


def record_access(
    deployment: Deployment, action: AccessAction, entry: str, actor: Actor | None, **fields: Any
) -> None:
    """Append an access to the record; it is durable when this returns.

    Args:
        actor: Body and post that act; null where nobody is named.
        fields: Further fields of ``Access``.

    Raises:
        RecordNotWritten: It could not be recorded: print nothing.
    """
    AccessRecord.open(deployment).append(
        Access(
            at=deployment.as_of,
            action=action,
            entry=entry,
            agency_id=actor.agency if actor else "",
            post=actor.post if actor else "",
            request_id=secrets.token_hex(8),
            **{"result": "answered", **fields},
        )
    )


def known_actor(release: Release, text: str) -> Actor | None:
    """Return who acts, checked against the release; null where nobody is named.

    Raises:
        SettingError: The text is not ``agency/post``.
        NotPermitted: There is no such agency or post.
    """
    if not text:
        return None
    actor = actor_of(text)
    check_known(release, actor)
    return actor


def entry_of(table: str) -> str:
    """Return the entry that a table holds: the resource of a standard table, else the table.

    >>> entry_of("standard.police__household_registration"), entry_of("base.person")
    ('police.household_registration', 'base.person')
    """
    name = TableName.parse(table)
    return name.name.replace("__", ".", 1) if name.schema == "standard" else table
