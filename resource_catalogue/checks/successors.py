"""Check that entries that replace or go with an entry exist (replacement: Xinjiang a24)."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection
from resource_catalogue.yaml_source import Place


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per related or replacing entry that is unknown or the entry itself."""
    for resource, file in inspection.resources():
        named: list[tuple[Place, str]] = [(("related", i), other) for i, other in enumerate(resource.related)]
        if resource.replaced_by is not None:
            named.append((("replaced_by",), resource.replaced_by))
        for place, other in named:
            if other == resource.id or inspection.is_absent("resource", other):
                yield file.refuse(
                    place, other, "另一个已有资源 / another resource that exists", "改正标识 / correct the id"
                )
