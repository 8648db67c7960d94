"""Check that every file lies where its id says.

Resources lie at ``resources/<providing agency>/<resource>.yml``, other entries at ``<folder>/<id>.yml``.
"""

from collections.abc import Iterator
from pathlib import PurePath

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection

_MOVE = "移动或改名 / move or rename the file, or correct the id"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per file whose name or folder differs from its id or its providing agency."""
    for resource, file in inspection.resources():
        folder, name = resource.id.split(".")
        yield from _named(file, ("id",), f"{folder}/{name}.yml")
        if folder != resource.agency:
            yield file.refuse(
                ("agencies", "providing"),
                resource.agency,
                f"提供机构 {folder} / the providing agency {folder}",
                _MOVE,
            )
    for agency, file in inspection.agencies():
        yield from _named(file, ("id",), f"agencies/{agency.id}.yml")
    for register, file in inspection.registers():
        yield from _named(file, ("base",), f"source_register/{register.base}.yml")
    for dataset, file in inspection.datasets():
        yield from _named(file, ("id",), f"datasets/{dataset.id}.yml")
    for joint, file in inspection.joint_collections():
        yield from _named(file, ("id",), f"joint_collections/{joint.id}.yml")


def _named(file: EntryFile, place: tuple[str, ...], expected: str) -> Iterator[CheckedFault]:
    found = PurePath(file.path.parent.name, file.path.name).as_posix()
    if found != expected:
        yield file.refuse(place, f"文件 / file {found}", expected, _MOVE)
