"""Check the register of joint collection, and tell which joint collection is not registered (K-09, Xinjiang a13¶2)."""

from collections import defaultdict
from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.joint_collection import JointCollection
from resource_catalogue.yaml_source import Place

_CORRECT = "改正标识或新增文件 / correct the id or add the file"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per agreement that cannot hold; a note per item collected jointly without one."""
    for joint, file in inspection.joint_collections():
        yield from _members(joint, file, inspection)
        yield from _resources(joint, file, inspection)
        yield from _days(joint, file, inspection)
    if inspection.profile.provision("collect.joint_registered").value is True:
        yield from _unregistered(inspection)


def _members(joint: JointCollection, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    if joint.lead not in joint.agencies:
        yield file.refuse(
            ("lead",),
            joint.lead,
            " | ".join(joint.agencies),
            "牵头机构应为参与机构之一 / let a member lead, or add it to the members",
        )
    for index, member in enumerate(joint.members):
        place: Place = ("members", index, "agency")
        if inspection.is_absent("agency", member.agency):
            yield file.refuse(place, member.agency, "agencies/ 中的机构 / an agency of agencies/", _CORRECT)
        elif member.agency in joint.agencies[:index]:
            yield file.refuse(
                place,
                member.agency,
                "每个机构一次 / each agency once",
                "合并其职责 / put its duties together",
            )


def _resources(joint: JointCollection, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    for index, name in enumerate(joint.resources):
        place: Place = ("resources", index)
        resource = inspection.catalogue.resources.get(name)
        if inspection.is_absent("resource", name):
            yield file.refuse(place, name, "resources/ 中的资源 / a resource of resources/", _CORRECT)
        elif resource and resource.agencies.collecting not in joint.agencies:
            yield file.refuse(
                place,
                f"{name}: {resource.agencies.collecting}",
                f"采集机构为 / collected by: {' | '.join(joint.agencies)}",
                "补上其采集机构，或删去此资源 / add its collecting agency to the members, or delete it",
            )


def _days(joint: JointCollection, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    if joint.agreed.on > inspection.as_of:
        yield file.refuse(
            ("agreed", "on"),
            f"{joint.agreed.on} 尚未到 / lies ahead",
            f"不晚于 / not after {inspection.as_of}",
            "填写实际日期 / give the day of the agreement",
        )
    if joint.standing(inspection.as_of) == "ended":
        yield file.note(
            ("valid", "to"),
            f"{joint.valid.to} 已到期 / has ended",
            f"{inspection.as_of} 有效 / valid on {inspection.as_of}",
            "续签并更新有效期，或删去文件 / renew it and its period, or delete the file",
        )


def _unregistered(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a note per set of sources of one item whose collecting agencies have no agreement in force."""
    known = inspection.catalogue.resources
    for register, file in inspection.registers():
        sources: dict[str, dict[str, int]] = defaultdict(dict)
        for index, entry in enumerate(register.entries):
            if entry.valid.contains(inspection.as_of) and entry.source in known:
                for name in entry.attribute:
                    sources[name].setdefault(entry.source, index)
        told: dict[frozenset[str], list[str]] = defaultdict(list)
        for name, places in sources.items():
            told[frozenset(places)].append(name)
        for resources, names in told.items():
            agencies = {known[one].agencies.collecting for one in resources}
            if len(agencies) > 1 and not _is_registered(resources, agencies, inspection):
                last = max(sources[names[0]].values())
                yield file.note(
                    ("entries", last, "source"),
                    f"{register.entity}.{', '.join(names)}: {', '.join(sorted(resources))}",
                    "协同采集已登记 / a registered joint collection",
                    "各方协商分工后登记到 joint_collections/ / agree on the duties and register them below "
                    "joint_collections/",
                )


def _is_registered(resources: frozenset[str], agencies: set[str], inspection: Inspection) -> bool:
    return any(
        resources <= set(joint.resources) and agencies <= set(joint.agencies)
        for joint in inspection.catalogue.joint_collections.values()
        if joint.standing(inspection.as_of) == "in_force"
    )
