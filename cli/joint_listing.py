"""The register of joint collection as the command shows it (``civiclake catalogue joint``)."""

from typing import Any

from cli.output import Column, both, print_json, print_table, stacked
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.joint_collection import STANDINGS, JointCollection

_COLUMNS = (
    "事项 / item",
    "牵头 / lead",
    "职责分工 / duties",
    "资源 / resources",
    "协议 / agreement",
    Column("有效期 / valid", whole=True),
)


def print_joint(deployment: Deployment, as_json: bool) -> None:
    """Print the joint collections of the release in force, as they stand on the day of ``as_of``."""
    release = current_release(Lake.of(deployment))
    day = deployment.as_of.astimezone(deployment.settings.zone()).date()
    found = [one for _, one in sorted(release.catalogue.joint_collections.items())]
    if as_json:
        print_json(
            [{**one.model_dump(mode="json", by_alias=True), "standing": one.standing(day)} for one in found]
        )
        return
    rows = [_cells(one, both(STANDINGS[one.standing(day)])) for one in found]
    print_table(f"协同采集登记 / joint collection, 目录版本 / release {release.number}", _COLUMNS, rows)


def _cells(joint: JointCollection, standing: str) -> tuple[Any, ...]:
    duties = [
        f"{member.agency}: {both(member.duty)}" + (f" ({both(member.scope)})" if member.scope else "")
        for member in joint.members
    ]
    return (
        f"{stacked(joint.item)}\n{joint.id}",
        joint.lead,
        "\n".join(duties),
        "\n".join(joint.resources),
        f"{joint.agreed.doc_no}\n{joint.agreed.on}",
        f"{joint.valid.from_} –\n{joint.valid.to or '长期 / open'}\n{standing}",
    )
