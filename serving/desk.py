"""The desk behind the portal's forms: what the public sends becomes a case, and a receipt tells how it stands.

Here: the port ``Desk`` fulfilled by ``casework``, off the event loop, and what a form's case needs of the release, read
from the public catalogue: a process that opens the portal opens no lake. Not here: rules of forms (``casework``), pages
and limits per address (``serving.portal``).
"""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread

from casework import portal_forms
from casework.form_procedure import PublicFacts
from casework.limits import Limits
from casework.portal_forms import FormRefused, Progress, SentForm
from casework.state import State
from opening.catalogue_shape import CATALOGUE, PublicCatalogue
from resource_catalogue.model import Label
from resource_catalogue.profile import Profile
from serving.portal.ports import CaseState, CaseStep, DeskRefusal, FormKind

ReleaseReader = Callable[[], PublicFacts]
_NOT_READY = Label(
    zh="平台尚未准备好受理表单，请稍后再试", en="The platform cannot take forms yet; try again later"
)


class PublishedFacts:
    """Read what forms need of the release from the public catalogue, anew for each form.

    Args:
        folder: The folder of ``catalogue.json``.
        profile: The jurisdiction profile of the deployment.
    """

    def __init__(self, folder: Path, profile: Profile) -> None:
        self._path, self._profile = folder / CATALOGUE, profile

    def __call__(self) -> PublicFacts:
        """Return the facts as the last run published them.

        Raises:
            DeskRefusal: No run has published a catalogue, it is of another profile, or it names no body that acts.
        """
        try:
            content: PublicCatalogue = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DeskRefusal(_NOT_READY) from None
        named = content.get("bodies")
        authority = (named["authority"] or named["operator"]) if named else None
        if authority is None or content["terms"]["profile"] != self._profile.reference:
            raise DeskRefusal(_NOT_READY)
        agencies = {dataset["id"]: dataset["agency"] for dataset in content["datasets"]}
        return PublicFacts(self._profile, content["release"], authority, agencies)


class PortalDesk:
    """Register forms as cases and tell how they stand.

    Args:
        state: The operational state.
        release_reader: Gives what the release says in public, asked for each form.
        limits: Calendar and promises of the deployment, with which clocks are counted.
    """

    def __init__(self, state: State, release_reader: ReleaseReader, limits: Limits | None = None) -> None:
        self._state, self._reader, self._limits = state, release_reader, limits or Limits()

    async def submit(
        self, kind: FormKind, dataset: str | None, text: str, contact: str, now: dt.datetime
    ) -> str:
        """Register a form as a case and return its receipt.

        Raises:
            DeskRefusal: It is empty, too long, about no dataset of the catalogue, or nobody can take it yet.
        """
        sent = SentForm(kind, dataset, text, contact)
        return await anyio.to_thread.run_sync(lambda: self._submit(sent, now))

    async def state(self, receipt: str) -> CaseState | None:
        """Return how a case stands, or null where there is none with that receipt."""
        found = await anyio.to_thread.run_sync(lambda: portal_forms.progress(self._state, receipt))
        return _case_state(portal_forms.usual_receipt(receipt), found) if found is not None else None

    def _submit(self, sent: SentForm, now: dt.datetime) -> str:
        try:
            return portal_forms.submit(self._state, self._reader(), sent, now, self._limits)
        except FormRefused as refused:
            raise DeskRefusal(refused.text) from None


def _case_state(receipt: str, found: Progress) -> CaseState:
    return CaseState(
        receipt=receipt,
        kind=found.form,
        dataset=found.dataset,
        state=found.state,
        is_closed=found.is_closed,
        submitted_at=found.submitted_at,
        due_on=found.due_on,
        answer=found.answer,
        steps=tuple(CaseStep(at, text) for at, text in found.steps),
    )
