"""The record of access (存取记录) of a deployment: one place from which all that concerns it is reached.

Here: where it lies, appending. Not here: how the files are kept (``journal.py``), the signed days (``sealing.py``).
Implements full-process records (全程记录: Yancheng a34¶1, Xinjiang a15¶2 and a38, Putuo a13¶2, Weihai a28).
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from audit.access_lines import fields_of
from audit.durable import locked, make_folder
from audit.journal import Journal, Line
from audit.signed_files import SignedFiles
from resource_catalogue.access_words import Access
from resource_catalogue.deployment import Deployment

if TYPE_CHECKING:
    from audit.pruning import Pruned
    from audit.sealing import Sealed
    from audit.verifying import RecordCheck
    from lake import Lake


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """Give the record of one deployment.

    Attributes:
        folder: Holds the journal, the signed days and the public key.
        zone: Zone in which an instant becomes a day.
        journal: The lines; ``files`` what is signed.
    """

    deployment: Deployment
    folder: Path
    zone: ZoneInfo
    journal: Journal
    files: SignedFiles

    @classmethod
    def open(cls, deployment: Deployment) -> "AccessRecord":
        """Open the record of a deployment; nothing is made before the first access."""
        folder = deployment.var / "audit"
        files = SignedFiles(folder)
        journal = Journal(folder / "journal", files.start)
        return cls(deployment, folder, deployment.settings.zone(), journal, files)

    def append(self, *accesses: Access) -> None:
        """Append accesses; they are durable when this returns. Safe among threads and processes.

        Raises:
            RecordNotWritten: The disk refused: nothing may be answered.
            TypeError: An instant has no time zone; nothing was written.
        """
        self.append_lines([self.line(access) for access in accesses])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from sealing and pruning meanwhile; appending goes on."""
        make_folder(self.folder)
        with locked(self.folder):
            yield

    def line(self, access: Access) -> Line:
        """Return what the record keeps of an access, with its day.

        Raises:
            TypeError: The instant has no time zone.
        """
        fields: dict[str, Any] = fields_of(access)
        return self.day(access.at), fields

    def append_lines(self, lines: list[Line]) -> None:
        """Append accesses that were turned into lines before.

        Raises:
            RecordNotWritten: The disk refused: nothing may be answered.
        """
        if lines:
            self.journal.append(lines)

    def seal(self, lake: "Lake", as_of: dt.datetime) -> "Sealed":
        """Copy what is new into ``audit.access`` and sign the finished days; see ``sealing.seal``."""
        from audit.sealing import seal

        return seal(self, lake, as_of)

    def verify(self, lake: "Lake", anchor: str | None = None) -> "RecordCheck":
        """Check the whole record; see ``verifying.verify``."""
        from audit.verifying import verify

        return verify(self, lake, anchor)

    def prune(self, lake: "Lake", as_of: dt.datetime) -> "Pruned":
        """Remove the days that are older than retention; see ``pruning.prune``."""
        from audit.pruning import prune

        return prune(self, lake, as_of)

    def day(self, instant: dt.datetime) -> dt.date:
        """Return the civil day of an instant."""
        return instant.astimezone(self.zone).date()
