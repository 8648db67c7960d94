"""Who acts: a body and one of its offices, checked against the catalogue release.

Not here: persons, passwords and sessions; a person is known by agency and post only.
"""

from dataclasses import dataclass

from casework.models import Case
from casework.transition import Party, Transition
from resource_catalogue.errors import NotPermitted
from resource_catalogue.release import Release

PLATFORM_POST = "platform"
"""Post under which the platform acts by itself for a body."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Name who acts.

    Attributes:
        agency: Id of the body.
        post: One of its offices such as ``data_officer``.
    """

    agency: str
    post: str

    def __str__(self) -> str:
        return f"{self.agency}/{self.post}"


def check_known(release: Release, actor: Actor) -> None:
    """Refuse an actor whose agency or post the release does not have.

    Raises:
        NotPermitted: There is no such agency or post.
    """
    agency = release.catalogue.agencies.get(actor.agency)
    if agency is None:
        raise NotPermitted(
            f"actor {actor}",
            "没有此机构 / no such agency",
            "目录发布版中的机构 / an agency of the release",
            "核对机构 / check the id",
        )
    if not agency.has_post(actor.post):
        posts = " | ".join(post.post for post in agency.posts)
        raise NotPermitted(
            f"actor {actor}",
            "该机构没有此岗位 / the agency has no such post",
            posts or "岗位 / a post",
            "在机构目录中设置岗位 / add the post",
        )


def check_may(release: Release, actor: Actor, case: Case, transition: Transition) -> None:
    """Refuse an actor that may not make a transition of a case.

    Raises:
        NotPermitted: Agency or post is unknown, another body is in charge, or another post is.
    """
    check_known(release, actor)
    body = case.agency_id if transition.by == Party.AGENCY else case.raised_by
    if transition.by == Party.PLATFORM or not stands_for(release, actor.agency, body):
        raise NotPermitted(
            case.id,
            f"{actor.agency}: 无权办理 / may not {transition.act}",
            body,
            "由该机构办理 / let that body act",
        )
    if transition.post and actor.post != transition.post:
        raise NotPermitted(
            case.id,
            f"{actor.post}: 该岗位无权办理 / this post may not {transition.act}",
            transition.post,
            "由该岗位办理 / let that post act",
        )


def stands_for(release: Release, agency: str, body: str) -> bool:
    """Tell whether an agency is a body or its successor (机构改革: open tasks pass to the successor)."""
    own = release.catalogue.agencies.get(agency)
    return agency == body or (own is not None and body in own.succeeds)
