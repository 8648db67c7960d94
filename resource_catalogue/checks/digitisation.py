"""Check entries on paper only: where the text wants data digitised first, they have a plan (Yancheng a12)."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection

_PROVISION = "collect.digitise_first"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a note per entry on paper without a plan, and a refusal per plan whose agency does not exist."""
    provision = inspection.profile.provision(_PROVISION)
    for resource, file in inspection.resources():
        plan = resource.digitisation
        if not resource.is_digital and plan is None and provision.value:
            yield file.note(
                ("form",),
                "non_digital，没有数字化计划 / without a plan of digitisation",
                f"{provision.words}: {inspection.profile.citation(provision)}",
                "登记 digitisation: due_on、by / declare digitisation: due_on, by",
            )
        if plan is not None and inspection.is_absent("agency", plan.by):
            yield file.refuse(
                ("digitisation", "by"),
                plan.by,
                "目录中的机构 / an agency of the catalogue",
                "改正机构标识 / correct the agency's id",
            )
