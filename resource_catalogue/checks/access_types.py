"""Check share and open types: with reason, basis and condition, never looser in a column.

The profile says which types need a reason or a basis, and of what rank (H-04, P-03; reading 45: refused
where the rank is not admitted). A column of its resource's type takes over the resource's reason, basis and
condition.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.model import STRICTNESS, Access
from resource_catalogue.profile import Profile
from resource_catalogue.resource import Column, Resource
from resource_catalogue.yaml_source import Place

Use = Literal["share", "open"]
_USES: tuple[Use, ...] = ("share", "open")


class _Stated(NamedTuple):
    """Hold one type as it counts, and where it stands."""

    use: Use
    place: Place
    access: Access


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield what is missing or looser in the share and open types of every resource and column."""
    for resource, file in inspection.resources():
        for stated in _stated(resource):
            yield from _named(stated, file, inspection.profile)
            yield from _grounds(stated, file, inspection.profile)
            yield from _condition(stated, file, inspection.profile)
            yield from _review(stated, file, inspection)
        yield from _looser(resource, file)


def _stated(resource: Resource) -> Iterator[_Stated]:
    for use in _USES:
        above: Access = getattr(resource, use)
        yield _Stated(use, (use,), above)
        for index, column in enumerate(resource.columns):
            own = _own(column, use)
            if own:
                yield _Stated(use, ("columns", index, use), _completed(own, above))


def _own(column: Column, use: Use) -> Access | None:
    return column.share if use == "share" else column.open


def _completed(own: Access, above: Access) -> Access:
    if own.type != above.type:
        return own
    return own.model_copy(
        update={
            "reason": own.reason or above.reason,
            "basis": own.basis or above.basis,
            "condition": own.condition or above.condition,
        }
    )


def _named(stated: _Stated, file: EntryFile, profile: Profile) -> Iterator[CheckedFault]:
    names = profile.share_types if stated.use == "share" else profile.open_types
    if getattr(names, stated.access.type) is None:
        known = [key for key in STRICTNESS if getattr(names, key) is not None]
        # A deployment may be tried under another jurisdiction's text, which has no procedure for the type.
        yield file.note(
            (*stated.place, "type"),
            stated.access.type,
            f"{' | '.join(known)} ({profile.reference})",
            "选用办法规定的类型 / choose a type of the text: it has no procedure for this one",
        )


def _grounds(stated: _Stated, file: EntryFile, profile: Profile) -> Iterator[CheckedFault]:
    rule = profile.basis.share if stated.use == "share" else profile.basis.open
    access, kind = stated.access, stated.access.type
    if kind in rule.reason and access.reason is None:
        yield file.refuse(
            stated.place,
            f"{kind} 没有理由 / without reason",
            f"reason ({profile.citation(rule)})",
            "填写 reason / give the reason",
        )
    if (
        not any(profile.admits_basis(stated.use, kind, basis.rank) for basis in access.basis)
        and kind in rule.needs
    ):
        ranks = ", ".join(basis.rank for basis in access.basis) or "没有依据 / no basis"
        yield file.refuse(
            (*stated.place, "basis"),
            f"{kind}: {ranks}",
            f"{' | '.join(rule.ranks)} ({profile.citation(rule)})",
            "引用所列层级的依据 / cite a basis of a listed rank",
        )


def _condition(stated: _Stated, file: EntryFile, profile: Profile) -> Iterator[CheckedFault]:
    # Where the text demands the field, the check of mandatory fields says so with its article.
    if ".".join(map(str, (*stated.place, "condition"))) in {field.field for field in profile.required_fields}:
        return
    if stated.access.type == "conditional" and stated.access.condition is None:
        yield file.refuse(
            stated.place,
            "conditional 没有条件 / without condition",
            "condition（共享或开放条件 / on what condition）",
            "填写 condition / give the condition",
        )


def _review(stated: _Stated, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    due = stated.access.review_due_on
    if due and due < inspection.as_of:
        yield file.note(
            (*stated.place, "review_due_on"),
            f"{due} 已过 / is past",
            f"不早于 / not before {inspection.as_of}",
            "复核类型并填写下次日期 / review the type and give the next date",
        )


def _looser(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    for index, column in enumerate(resource.columns):
        for use in _USES:
            own, above = _own(column, use), getattr(resource, use)
            if own and STRICTNESS[own.type] < STRICTNESS[above.type]:
                yield file.refuse(
                    ("columns", index, use),
                    f"{column.name}: {own.type}",
                    f"不宽于资源的 {above.type} / no looser than the resource's {above.type}",
                    "改严该列或调整资源类型 / make the column stricter or change the resource's type",
                )
