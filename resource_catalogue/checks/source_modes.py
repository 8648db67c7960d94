"""Check that a source and its mode fit: news alone are no snapshot, and only records of changes are deletions."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Resource
from resource_catalogue.sources.database import DatabaseSource
from resource_catalogue.sources.delta_sharing import DeltaSharingSource
from resource_catalogue.sources.http_api import HttpApiSource
from resource_catalogue.sources.push import PushSource

_REMEDY = "改正 update.mode 或来源 / correct update.mode or the source"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per resource whose deliveries hold news only, yet would replace what came before."""
    for resource, file in inspection.resources():
        key, modes = _only_news(resource)
        if key and resource.update.mode not in modes:
            yield _refusal(file, key, resource.update.mode, modes)
        yield from _deletions(resource, file)


def _only_news(resource: Resource) -> tuple[str, tuple[str, ...]]:
    """Return the key by which a source gives news only, and the modes that fit; empty where it gives all."""
    source = resource.source
    if isinstance(source, HttpApiSource) and source.since:
        return "since", ("append", "changes")
    if isinstance(source, DatabaseSource) and source.new_since:
        return "new_since", ("changes",)
    if isinstance(source, DeltaSharingSource) and source.changes:
        return "changes", ("changes",)
    if isinstance(source, PushSource):
        return "connector", ("append", "changes")
    return "", ()


def _refusal(file: EntryFile, key: str, mode: str, modes: tuple[str, ...]) -> CheckedFault:
    expected = f"update.mode: {' | '.join(modes)}"
    return file.refuse(("source", key), f"update.mode: {mode}", expected, _REMEDY)


def _deletions(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    """Yield a refusal where deletions are declared that no record can mean."""
    deleted, place = resource.update.deleted, ("update", "deleted")
    if deleted is None:
        return
    if resource.update.mode != "changes":
        found = f"update.mode: {resource.update.mode}"
        yield file.refuse(place, found, "update.mode: changes", _REMEDY)
    if resource.source.deleted is not None:
        expected = "来源自己标明删除 / the source says itself what was deleted"
        yield file.refuse(place, f"source.{resource.source.connector}", expected, "删去此项 / take it away")
    both = sorted({*deleted.values} & {*deleted.whole})
    if both:
        expected = "values, whole 互不相同 / values and whole without common texts"
        yield file.refuse(place, ", ".join(both), expected, "删去其一 / take one away")
