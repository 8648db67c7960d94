"""Let objects leave landing: asked by the body that answers for the data, recorded before a byte is written.

Here: who may have them, which objects a key stands for, the record. Not here: the bytes (``ingestion/objects.py``), the
command line (``object_commands.py``).
"""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from casework.actors import Actor, check_known, stands_for
from cli.recording import record_access
from ingestion.objects import KeptObject, bring_out, objects_of_keys
from lake import Lake
from resource_catalogue.acting_bodies import FUNCTIONS, bodies
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import NotFoundError, NotPermitted, SettingError, own_place
from resource_catalogue.identifiers import business_key, is_key, subject_key
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import standard_table

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Wish:
    """Ask for objects.

    Attributes:
        keys: What names them: hash of the bytes, row key, or an identifier, which is personal.
        actor: Who asks; ``purpose`` what for.
        folder: Where they are put.
    """

    keys: tuple[str, ...]
    actor: Actor
    purpose: str
    folder: Path

    def __repr__(self) -> str:
        return f"Wish({self.actor}, {len(self.keys)} keys)"


def entry_of_objects(release: Release, resource_id: str) -> Resource:
    """Return an entry of objects.

    Raises:
        SettingError: There is no such entry, or its deliveries are tables.
    """
    found = release.catalogue.resources.get(resource_id)
    if found is None or found.source.rows != "objects":
        known = [one.id for one in release.catalogue.resources.values() if one.source.rows == "objects"]
        raise SettingError(
            resource_id,
            "不是以文件收存的资源 / no entry whose files are kept as objects",
            " | ".join(known) or "source.rows: objects",
            "核对名称 / check the name",
        )
    return found


def save_objects(
    deployment: Deployment, lake: Lake, release: Release, resource: Resource, wish: Wish
) -> list[Path]:
    """Put objects into a folder, each under its hash; a refused wish is recorded too.

    Raises:
        NotPermitted: Another body answers for the data.
        NotFoundError: A key stands for no object that counts.
        DeliveryError: The bytes are lost.
    """
    check_known(release, wish.actor)
    if not wish.purpose.strip():
        raise SettingError(
            "选项 / option --purpose", "空 / empty", "用途 / what for", "写明用途 / say what for"
        )
    if not _may_have(deployment, release, wish.actor, resource):
        _record(deployment, lake, resource, wish, None)
        raise NotPermitted(
            resource.id,
            f"由 {wish.actor.agency} 取出 / asked by {wish.actor.agency}",
            "提供该数据的机构，或主管部门、运营机构 / the providing agency, or the authority or operator",
            "向该机构提出 / ask that body",
        )
    objects = _found(deployment, lake, resource, wish.keys)
    with TemporaryDirectory(prefix="objects-") as staged:
        copies = list(bring_out(deployment, objects, Path(staged)))
        with own_place(wish.folder):
            wish.folder.mkdir(parents=True, exist_ok=True)
        for one, _ in copies:
            _record(deployment, lake, resource, wish, one)
        with own_place(wish.folder):
            return _put(sorted({copy for _, copy in copies}), wish.folder)


def _may_have(deployment: Deployment, release: Release, actor: Actor, resource: Resource) -> bool:
    day = deployment.as_of.astimezone(deployment.settings.zone()).date()
    is_in_charge = any(actor.agency in bodies(release, function, day) for function in FUNCTIONS)
    return is_in_charge or stands_for(release, actor.agency, resource.agency)


def _found(deployment: Deployment, lake: Lake, resource: Resource, keys: Iterable[str]) -> list[KeptObject]:
    """Return the objects that keys stand for, each once.

    Raises:
        NotFoundError: One stands for none; it is not repeated, for it may be personal.
        SettingError: The norm refuses the identifier of a subject.
    """
    found: dict[tuple[str, int], KeptObject] = {}
    for place, key in enumerate(keys, start=1):
        meant = objects_of_keys(lake, resource, _keys(deployment, resource, key))
        if not meant:
            raise NotFoundError(
                f"{resource.id}, 第 {place} 个标识 / key {place}",
                "没有此对象 / there is no such object",
                "对象的摘要、行键或标识 / hash, row key or identifier of an object",
                "用 civiclake objects list 查看 / see civiclake objects list",
            )
        found.update(((one.delivery_id, one.row_number), one) for one in meant)
    return list(found.values())


def _keys(deployment: Deployment, resource: Resource, text: str) -> list[str]:
    """Return every key that a text may stand for."""
    if _HASH.fullmatch(text) or is_key(text):
        return [text]
    business = business_key(deployment, resource, text)
    found, refusal = [business] if business else [], None
    for entity in resource.entities:
        try:
            found.append(subject_key(deployment, entity, text))
        except SettingError as error:
            refusal = error
    if not found and refusal:
        raise refusal
    return found


def _record(
    deployment: Deployment, lake: Lake, resource: Resource, wish: Wish, one: KeptObject | None
) -> None:
    """Record that one object leaves, or that none does."""
    table = standard_table(resource.id)
    record_access(
        deployment,
        "export",
        resource.id,
        wish.actor,
        purpose=wish.purpose,
        table=str(table),
        version=lake.version(table) if lake.exists(table) else None,
        rows=1 if one else 0,
        bytes=one.size_bytes if one else 0,
        subject_key=one.row_key if one else "",
        result="answered" if one else "not_permitted",
    )


def _put(copies: list[Path], folder: Path) -> list[Path]:
    """Put files into a folder, each whole or not at all."""
    done = []
    for copy in copies:
        draft = folder / f".{copy.name}.{os.getpid()}"
        shutil.copyfile(copy, draft)
        done.append(draft.replace(folder / copy.name))
    return done
