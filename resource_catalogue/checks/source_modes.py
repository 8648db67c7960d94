"""Check that what a source gives fits the mode in which it is taken: news alone are no snapshot."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Resource
from resource_catalogue.sources.database import DatabaseSource
from resource_catalogue.sources.delta_sharing import DeltaSharingSource
from resource_catalogue.sources.http_api import HttpApiSource

_DELETED = "变化中的删除尚不能跟进 / deletions in a change feed cannot be followed yet"
_REMEDY = "改正 update.mode 或来源 / correct update.mode or the source"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per resource whose deliveries hold news only, yet would replace what came before."""
    for resource, file in inspection.resources():
        key, modes = _only_news(resource)
        if key and resource.update.mode not in modes:
            yield _refusal(file, key, resource.update.mode, modes)
        if isinstance(resource.source, DeltaSharingSource) and resource.source.changes:
            yield file.refuse(("source", "changes"), _DELETED, "changes: false", _REMEDY)


def _only_news(resource: Resource) -> tuple[str, tuple[str, ...]]:
    """Return the key by which a source gives news only, and the modes that fit; empty where it gives all."""
    source = resource.source
    if isinstance(source, HttpApiSource) and source.since:
        return "since", ("append", "changes")
    if isinstance(source, DatabaseSource) and source.new_since:
        return "new_since", ("changes",)
    return "", ()


def _refusal(file: EntryFile, key: str, mode: str, modes: tuple[str, ...]) -> CheckedFault:
    expected = f"update.mode: {' | '.join(modes)}"
    return file.refuse(("source", key), f"update.mode: {mode}", expected, _REMEDY)
