"""Check that no entry is secret (涉密) and that its secrecy review still holds (Xinjiang a12¶3)."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Resource, Secrecy

_REVIEW = "由审核人员复审并填写日期 / have the reviewer review it and fill in the date"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per secret, unreviewed or outdated entry; an entry without the field gets a note."""
    for resource, file in inspection.resources():
        if resource.secrecy is None:
            yield file.note(
                (), "没有保密审查 / no secrecy review", "secrecy", "填写 secrecy / fill in secrecy"
            )
            continue
        yield from _state(resource.secrecy, file)
        yield from _dates(resource.secrecy, file, inspection)
        yield from _post(resource, file, inspection)


def _state(secrecy: Secrecy, file: EntryFile) -> Iterator[CheckedFault]:
    if secrecy.state == "secret":
        yield file.refuse(
            ("secrecy", "state"),
            "涉密 / secret",
            "非涉密 / not_secret",
            "涉密数据不进目录，删去此文件 / secret data stay outside: take the file out",
        )
    elif secrecy.state == "not_reviewed" or secrecy.reviewed is None:
        yield file.refuse(
            ("secrecy", "state"),
            "未经保密审查 / not reviewed",
            "已审查的日期和岗位 / date and post of the review",
            _REVIEW,
        )


def _dates(secrecy: Secrecy, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    review, as_of = secrecy.reviewed, inspection.as_of
    if review and review.valid_to and review.valid_to < as_of:
        yield file.refuse(
            ("secrecy", "reviewed", "valid_to"),
            f"{review.valid_to} 已过期 / has run out",
            f"不早于 / not before {as_of}",
            _REVIEW,
        )
    if review and review.on > as_of:
        yield file.refuse(
            ("secrecy", "reviewed", "on"),
            f"{review.on} 尚未到 / lies ahead",
            f"不晚于 / not after {as_of}",
            "填写实际审查日期 / give the day of the review",
        )


def _post(resource: Resource, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    agency = inspection.catalogue.agencies.get(resource.agencies.reviewing)
    review = resource.secrecy.reviewed if resource.secrecy else None
    if review and agency and not agency.has_post(review.post):
        yield file.refuse(
            ("secrecy", "reviewed", "post"),
            review.post,
            f"{agency.id} 的岗位 / a post of {agency.id}",
            "改正岗位，或在机构文件中设岗 / correct the post or add it to the agency",
        )
