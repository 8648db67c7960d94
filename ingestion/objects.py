"""Find kept objects and bring their bytes out of landing again, as they were delivered.

Here: which objects count now, and their bytes out of the delivery that brought them, checked against their hash. Not
here: who may have them and the record of it (``cli``), how they came in (``decoders/objects.py``).

Landing is the only store: a delivery's bytes lie there once, untouched, and an object is a file or a member of it. So
what keeps deliveries keeps objects, and a kill leaves nothing of them that a delivery does not have.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from mimetypes import MimeTypes
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.decoders.objects import delivered
from ingestion.landing import content_hash, landed_copy
from ingestion.zip_limits import archive_bounds
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource
from resource_catalogue.sources.objects import HASH, HEIGHT, MEDIA_TYPE, NEEDED, PAGES, SIZE, WIDTH
from resource_catalogue.words import raw_table, standard_table

_KINDS = MimeTypes()
_SUFFIXES = {"application/ofd": ".ofd", "image/heic": ".heic", "audio/amr": ".amr", "text/plain": ".txt"}
_SUFFIX_ELSE = ".bin"


@dataclass(frozen=True, slots=True)
class KeptObject:
    """Describe one object that counts now, without its name, which may be personal.

    Attributes:
        row_key: Key of its row, by which it is traced.
        line: Its place among the files of the delivery, in order of their names.
        pages: Null where it is not known; ``width`` and ``height`` in pixels likewise.
    """

    resource_id: str
    delivery_id: str
    row_number: int
    row_key: str
    line: int
    sha256: str
    media_type: str
    size_bytes: int
    pages: int | None
    width: int | None
    height: int | None

    @property
    def file_name(self) -> str:
        """Return the name under which it is put out: its hash, and the usual end for its media type."""
        known = _SUFFIXES.get(self.media_type) or _KINDS.guess_extension(self.media_type)
        return f"{self.sha256}{known or _SUFFIX_ELSE}"


def kept_objects(lake: Lake, resource: Resource, where: str = "true", *given: object) -> list[KeptObject]:
    """List the objects of an entry that count now, in order of delivery and row.

    Args:
        lake: Its tables; an entry without any has no objects.
        resource: An entry of objects.
        where: Condition on ``s``, a row of the standard table; its values are ``given``.
    """
    standard, raw = standard_table(resource.id), raw_table(resource.id)
    if not (lake.exists(standard) and lake.exists(raw)):
        return []
    declared = {column.name for column in resource.columns}
    if not declared.issuperset(NEEDED):
        return []
    optional = ", ".join(f"s.{name}" if name in declared else "null" for name in (PAGES, WIDTH, HEIGHT))
    sql = (
        f"select s._delivery_id, s._row_number, s._row_key, r._line, s.{HASH}, s.{MEDIA_TYPE}, s.{SIZE}, {optional} "
        f"from {standard} s join {raw} r on s._delivery_id = r._delivery_id and s._row_number = r._row_number "
        f"where {where} order by s._delivery_id, s._row_number"
    )
    found = lake.query(sql, standard, raw, parameters=[*given])
    return [KeptObject(resource.id, *row) for row in found.rows()]


def objects_of_keys(lake: Lake, resource: Resource, keys: Iterable[str]) -> list[KeptObject]:
    """List the objects that any of some keys stands for: a hash of bytes, a row's key, a subject's key."""
    columns = [HASH, "_row_key", *(f"_{entity}_key" for entity in resource.entities)]
    wanted = [*keys]
    where = " or ".join(f"s.{column} in (select unnest(?))" for column in columns)
    return kept_objects(lake, resource, f"({where})", *[wanted for _ in columns])


def bring_out(
    deployment: Deployment, objects: Iterable[KeptObject], folder: Path
) -> Iterator[tuple[KeptObject, Path]]:
    """Copy the bytes of objects into a folder; equal bytes once.

    Args:
        folder: Where the copies are written; it holds nothing else.

    Yields:
        Each object with its copy.

    Raises:
        DeliveryError: The bytes in landing are missing or are not those that were delivered.
    """
    ordered = sorted(objects, key=lambda one: (one.delivery_id, one.line))
    for identity, group in groupby(ordered, key=lambda one: one.delivery_id):
        same = list(group)
        landed = landed_copy(deployment.landing / same[0].resource_id / identity, "")
        if landed is None:
            raise _lost(identity)
        with TemporaryDirectory(prefix="objects-") as unfolded:
            with archive_bounds(deployment.settings.ingestion):
                members, _ = delivered(landed, Path(unfolded))
            for one in same:
                if one.line > len(members) or content_hash(members[one.line - 1].path) != one.sha256:
                    raise _lost(identity)
                yield one, Path(shutil.copyfile(members[one.line - 1].path, folder / one.file_name))


def _lost(delivery: str) -> DeliveryError:
    return DeliveryError(
        f"批次 / delivery {delivery}",
        "落地的原始文件缺失或损坏 / the bytes in landing are missing or damaged",
        "与收到时相同的文件 / the bytes as they were delivered",
        "从备份恢复 var/landing，或重新报送 / restore var/landing from a backup, or have the agency send it again",
    )
