"""Who read my record (谁查过我的数据): asked by the body that answers for the data, and recorded itself.

Here: who may ask, the keys that stand for the subject. Not here: the search (``audit.search``), the table on screen.
"""

import datetime as dt
from dataclasses import dataclass

from audit.record import AccessRecord
from audit.search import Reading, readings
from audit.selection import Selection
from casework.actors import Actor, check_known, stands_for
from cli.recording import record_access
from lake import Lake
from resource_catalogue.access_words import BASE_ENTRY
from resource_catalogue.acting_bodies import FUNCTIONS, bodies
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import NotPermitted, SettingError
from resource_catalogue.identifiers import business_key, entity_named, is_key, subject_key
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource


@dataclass(frozen=True, slots=True)
class Question:
    """Ask who read one subject of an entry.

    Attributes:
        entry: A resource or a base table; ``identifier`` as a person writes it, or its key. The latter is personal.
        actor: Who asks.
        period: Its instants bound the search.
    """

    entry: str
    identifier: str
    actor: Actor
    period: Selection
    limit: int = 1000

    def __repr__(self) -> str:
        return f"Question({self.entry!r})"


def who_read(deployment: Deployment, lake: Lake, release: Release, question: Question) -> list[Reading]:
    """Return who read the subject; the question is recorded before, a refused one too.

    Raises:
        NotPermitted: Another body answers for the entry.
        SettingError: There is no such entry, or the norm refuses the identifier; it is not repeated.
    """
    check_known(release, question.actor)
    resource = _resource(release, question.entry)
    keys = _keys(deployment, resource, question)
    day = deployment.as_of.astimezone(deployment.settings.zone()).date()
    permitted = _may_ask(release, question.actor, resource, day)
    record = AccessRecord.open(deployment)
    found = readings(record, lake, question.entry, question.period, keys, question.limit) if permitted else []
    record_access(
        deployment,
        "explain",
        question.entry,
        question.actor,
        purpose="谁查过我的数据 / who read my record",
        subject_key=keys[0],
        rows=len(found),
        result="answered" if permitted else "not_permitted",
    )
    if not permitted:
        raise NotPermitted(
            question.entry,
            f"由 {question.actor.agency} 查询 / asked by {question.actor.agency}",
            "提供该数据的机构，或主管部门、运营机构 / the providing agency, or the authority or operator",
            "向该机构提出 / ask that body",
        )
    return found


def _resource(release: Release, entry: str) -> Resource | None:
    """Return the resource of an entry; null for a base table."""
    schema, _, name = entry.partition(".")
    if schema == BASE_ENTRY:
        entity_named(name)
        return None
    found = release.catalogue.resources.get(entry)
    if found is None:
        raise SettingError(
            entry,
            "目录中没有此资源 / no such resource",
            "机构.资源，或 base.<主体> / agency.resource, or base.<entity>",
            "核对名称 / check the name",
        )
    return found


def _may_ask(release: Release, actor: Actor, resource: Resource | None, day: dt.date) -> bool:
    if any(actor.agency in bodies(release, function, day) for function in FUNCTIONS):
        return True
    return resource is not None and stands_for(release, actor.agency, resource.agency)


def _keys(deployment: Deployment, resource: Resource | None, question: Question) -> tuple[str, ...]:
    """Return every key that the identifier may stand for: that of the subject, that of the resource's row."""
    if resource is None:
        return (subject_key(deployment, question.entry.partition(".")[2], question.identifier),)
    if is_key(question.identifier):
        return (question.identifier,)
    found: list[str] = []
    refusal: SettingError | None = None
    for entity in resource.entities:
        try:
            found.append(subject_key(deployment, entity, question.identifier))
        except SettingError as error:
            refusal = error
    if business := business_key(deployment, resource, question.identifier):
        found.append(business)
    if not found:
        raise refusal or SettingError(
            question.entry,
            "标识的段数不符 / not as many parts as the key has",
            "|".join(resource.key),
            "以 | 分隔各段 / separate them by |",
        )
    return tuple(dict.fromkeys(found))
