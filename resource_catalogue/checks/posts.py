"""Check that agencies have the posts they need: a registrar to provide, a reviewer to review (C-16)."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per agency that provides or reviews entries without the post for it."""
    needed = {(r.agencies.providing, "registrar") for r in inspection.catalogue.resources.values()}
    needed |= {(r.agencies.reviewing, "reviewer") for r in inspection.catalogue.resources.values()}
    for agency_id, post in sorted(needed):
        agency = inspection.catalogue.agencies.get(agency_id)
        if agency and not agency.has_post(post):
            yield inspection.file("agency", agency_id).refuse(
                ("posts",),
                f"没有 / no {post}",
                "目录登记人员 registrar、目录审核人员 reviewer",
                f"增设 {post} / add the post {post}",
            )
