"""Which consents a grant needs under a jurisdiction profile: whose, on what article, and what a refusal carries.

Here: reading the profile's procedure and provisions for one grant (H-13, H-15, H-19, H-20, H-29). Not here: any
jurisdiction's rule, nor recording a consent (``consents.py``). Where all columns are shared unconditionally
nobody is asked: the operator opens access on subscription (Yancheng a20¶3(一) and its like).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from casework.access_actors import is_lower_tier, lower_authority
from casework.shared_entry import SharedColumn
from resource_catalogue.access_words import COPYING, GrantMode
from resource_catalogue.acting_bodies import acting_body
from resource_catalogue.model import Label
from resource_catalogue.procedure import Refusal, Step
from resource_catalogue.profile_parts import Provision
from resource_catalogue.release import Release

ConsentKind = Literal["reply", "copy", "agreement", "confidentiality"]
CONSENT_KINDS: dict[ConsentKind, Label] = {
    "reply": Label(zh="答复同意", en="reply"),
    "copy": Label(zh="同意拷贝", en="consent to copying"),
    "agreement": Label(zh="盖章确认共享约定", en="stamped agreement"),
    "confidentiality": Label(zh="签订安全保密协议", en="confidentiality agreement"),
}
DOCUMENTED: frozenset[str] = frozenset({"agreement", "confidentiality"})
"""Consents that are dated confirmations of one and the same document by each body."""
ROLES = {
    "provider": Label(zh="提供机构", en="provider"),
    "authority": Label(zh="主管部门", en="authority"),
    "consumer": Label(zh="使用机构", en="consumer"),
    "lower_authority": Label(zh="下级主管部门", en="authority of the lower tier"),
}
_CONSENTING: dict[str, ConsentKind] = {
    "answer": "reply",
    "review": "reply",
    "review_and_authorise": "reply",
    "decide": "reply",
    "consent": "reply",
    "sign_batch_agreement": "agreement",
    "sign_confidentiality": "confidentiality",
}
"""Acts of a profile's procedure that are a body's consent; the others are the platform's work."""


@dataclass(frozen=True, slots=True)
class Need:
    """Name one consent that a grant needs.

    Attributes:
        citation: Title, article and profile version that it rests on.
        refusal_needs: What a refusal by that body must carry.
        refusal_ranks: Ranks of text that a refusal may rest on; empty for any.
    """

    kind: ConsentKind
    role: str
    agency_id: str
    article: str
    citation: str
    refusal_needs: tuple[str, ...] = ()
    refusal_ranks: tuple[str, ...] = ()


def consent_needs(
    release: Release, columns: Sequence[SharedColumn], mode: GrantMode, consumer: str, day: dt.date
) -> list[Need]:
    """List the consents that a grant of columns in a mode to an agency needs; none twice.

    Raises:
        CatalogueError: A body that must consent does not exist.
    """
    conditional = [column for column in columns if column.type == "conditional"]
    if not conditional:
        return []
    reading = _Reading(release, conditional, mode, consumer, day)
    found: dict[tuple[str, str], Need] = {}
    for need in [*reading.of_procedure(), *reading.of_copying()]:
        found.setdefault((need.kind, need.agency_id), need)
    return list(found.values())


def refusal_of(release: Release, consumer: str, role: str) -> Refusal:
    """Return what a refusal by a body in a role must carry: what the text says, a reason where it is silent."""
    steps = [step for step in _steps(release, consumer) if role in step.by and step.refusal]
    return (steps[0].refusal if steps else None) or Refusal(needs=("reason",))


class _Reading:
    """One reading of the profile for a grant with conditional columns."""

    def __init__(
        self,
        release: Release,
        conditional: Sequence[SharedColumn],
        mode: GrantMode,
        consumer: str,
        day: dt.date,
    ) -> None:
        self.release, self.mode, self.consumer, self.day = release, mode, consumer, day
        self.providers = sorted({agency for column in conditional for agency in column.providers})
        self.applies = {
            "batch": mode in COPYING,
            "secret_or_privacy": any(column.is_personal for column in conditional),
            "emergency_data": False,
        }

    def of_procedure(self) -> Iterator[Need]:
        """Yield what the steps of the procedure ask for."""
        for step in _steps(self.release, self.consumer):
            kind = _CONSENTING.get(step.act)
            if kind is not None and self.applies.get(step.when or "", True):
                for role in step.by:
                    yield from self._needs(kind, role, step)

    def of_copying(self) -> Iterator[Need]:
        """Yield what the provisions on copying and on batches ask for."""
        if self.mode not in COPYING:
            return
        stamps = "share.batch_stamps"
        if is_lower_tier(self.release, self.release.catalogue.agencies[self.consumer]):
            lower = "share.batch_stamps_lower_tier"
            stamps = lower if self.release.profile.provision(lower).value else stamps
        asked: tuple[tuple[ConsentKind, str], ...] = (("copy", "share.copy_needs"), ("agreement", stamps))
        for kind, key in asked:
            provision = self.release.profile.provision(key)
            if isinstance(provision.value, tuple) and provision.strength != "encouraged":
                for role in provision.value:
                    yield from self._needs(kind, role, provision)

    def _needs(self, kind: ConsentKind, role: str, cited: Step | Provision) -> Iterator[Need]:
        if role not in ROLES:
            return
        refusal = refusal_of(self.release, self.consumer, role)
        for agency in self._bodies(role):
            yield Need(
                kind,
                role,
                agency,
                cited.art or "",
                self.release.profile.citation(cited),
                tuple(refusal.needs),
                tuple(refusal.ranks),
            )

    def _bodies(self, role: str) -> list[str]:
        if role == "provider":
            return self.providers
        if role == "authority":
            return [acting_body(self.release, "authority", self.day)]
        if role == "consumer":
            return [self.consumer]
        own = self.release.catalogue.agencies[self.consumer]
        return [lower_authority(self.release, own, self.day)]


def _steps(release: Release, consumer: str) -> tuple[Step, ...]:
    """Return the steps of the procedure by which an agency asks for conditionally shared data."""
    own = release.catalogue.agencies.get(consumer)
    lower = release.profile.case("lower_tier_request_conditional")
    if lower is not None and own is not None and is_lower_tier(release, own):
        return lower.steps
    procedure = release.profile.case("share_request_conditional")
    return procedure.steps if procedure else ()
