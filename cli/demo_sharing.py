"""The demonstration's sharing: its recipients are registered, its grants applied for and consented to.

Here: acting for every body of the fictional city in turn, by the same functions as the commands. Not here: who the
recipients are and what they are granted (``[demo]`` in the demonstration's ``civiclake.toml``).
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from casework.actors import Actor
from casework.consents import Document, give_consent
from casework.grant_rules import DECLARED, Application
from casework.grants import GrantCase, add_grant, list_grants
from casework.recipients import Enrolment, list_recipients, register
from casework.state import State
from casework.transitions import DATA_OFFICER
from cli.output import say
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError
from resource_catalogue.release import Release
from resource_catalogue.settings import DemoGrant


@dataclass(frozen=True)
class DemoSharing:
    """Hold what the acts of sharing need."""

    deployment: Deployment
    state: State
    lake: Lake
    release: Release
    operator: Actor
    as_of: dt.datetime

    def share(self) -> None:
        """Register recipients and grants that are not there yet; what the profile does not admit is told."""
        known = {recipient.id for recipient in list_recipients(self.state)}
        for one in self.deployment.settings.demo.recipients:
            if one.id not in known:
                enrolment = Enrolment(one.id, one.name, one.agency)
                register(self.state, self.release, enrolment, self.operator, self.as_of)
        for grant in self.deployment.settings.demo.grants:
            if not self._is_granted(grant):
                try:
                    self._consented(self._applied(grant))
                except CivicError as refusal:
                    say(f"未授权 / not granted: {grant.recipient} {grant.entry}: {refusal.message()}")

    def _is_granted(self, wanted: DemoGrant) -> bool:
        grants = [case.grant for case in list_grants(self.state, wanted.recipient, entry=wanted.entry)]
        return any(grant.mode == wanted.mode and grant.purpose == wanted.purpose for grant in grants)

    def _applied(self, wanted: DemoGrant) -> GrantCase:
        application = Application(
            entry=wanted.entry,
            columns=wanted.columns,
            mode=wanted.mode,
            purpose=wanted.purpose,
            valid_from=self.state.day(self.as_of),
            scenario=wanted.scenario,
            basis=wanted.basis,
            divisions=wanted.divisions,
            commitment=DECLARED,
            with_history=wanted.with_history,
        )
        also_built = self.deployment.settings.bases.also
        return add_grant(
            self.state,
            self.lake,
            self.release,
            wanted.recipient,
            application,
            self.operator,
            self.as_of,
            also_built,
        )

    def _consented(self, case: GrantCase) -> None:
        """Let every body whose consent is missing give it, on one document where a document is asked for."""
        document = self._agreement(case)
        for agency in sorted({consent.agency for consent in case.missing}):
            actor = Actor(agency, DATA_OFFICER)
            also_built = self.deployment.settings.bases.also
            give_consent(
                self.state,
                self.lake,
                self.release,
                case.grant.id,
                actor,
                self.as_of,
                document,
                also_built=also_built,
            )

    def _agreement(self, case: GrantCase) -> Document | None:
        """Write the agreement that the bodies confirm; null where no consent is asked for."""
        if not case.missing:
            return None
        grant, path = case.grant, self.deployment.var / "agreements" / f"{case.grant.id}.txt"
        text = (
            "公共数据共享协议（演示） / agreement on shared data (demo)\n"
            f"{grant.id} {grant.recipient_id} {grant.entry}\n"
            f"{'、'.join(grant.columns)}\n{grant.purpose} {grant.scenario} {grant.basis}\n"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Document(hashlib.sha256(text.encode()).hexdigest(), self.state.day(self.as_of))


def share_demo(deployment: Deployment, state: State, operator: str) -> None:
    """Do the demonstration's sharing at the deployment's instant.

    Args:
        operator: Body that registers and takes up applications.
    """
    lake = Lake.of(deployment)
    actor = Actor(operator, DATA_OFFICER)
    DemoSharing(deployment, state, lake, current_release(lake), actor, deployment.as_of).share()
