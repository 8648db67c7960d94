"""Check what rows are said to speak of (``update.about``): a column, the slice, or the state of the day."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per resource whose ``about`` names nothing that is there."""
    for resource, file in inspection.resources():
        about = resource.update.about
        if about in (None, "now") or about in {column.name for column in resource.columns}:
            continue
        if about != "slice":
            expected = "列名、slice 或 now / a column, slice or now"
            yield file.refuse(("update", "about"), str(about), expected, "改正列名 / correct the column")
        elif not resource.source.slice:
            yield file.refuse(
                ("update", "about"),
                "slice, 但未登记 source.slice / but no source.slice",
                "source.slice 或列名 / source.slice or a column",
                "登记 source.slice / declare source.slice",
            )
