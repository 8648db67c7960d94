"""Check that entries about persons and organisations carry the key that the text demands (K-05, K-06).

A column of the type ``subject_identifier`` counts: it holds either key.
"""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per entry about a subject whose demanded key is in no column."""
    demanded = {str(subject): key for subject, key in inspection.profile.subject_keys.items()}
    for resource, file in inspection.resources():
        key = demanded.get(resource.subject)
        types = {column.type for column in resource.columns}
        if key and not types & {key.element, "subject_identifier"}:
            yield file.refuse(
                ("columns",),
                f"没有 {key.zh} / no column of type {key.element}",
                f"「{key.zh}」 ({inspection.profile.citation(key)})",
                f"增加 {key.element} 类型的列，或改正 subject / add such a column, or correct subject",
            )
