"""Errors that a user of the platform can act on, with the exit code of their kind.

Here: the one hierarchy that every room raises from. Not here: messages of a room's own faults in data, which are
findings, not exceptions. A message says where, what was found, what was expected and what to do; it never carries a
data subject's value.
"""


class CivicError(Exception):
    """Report a mistake that a person can mend; shown without a traceback.

    Args:
        where: File and line, table, setting or command that is concerned.
        found: What was found there (never a personal value).
        expected: What was expected instead.
        remedy: What to do next.
    """

    exit_code = 1

    def __init__(self, where: str, found: str, expected: str = "", remedy: str = "") -> None:
        self.where, self.found, self.expected, self.remedy = where, found, expected, remedy
        super().__init__(self.message())

    def message(self) -> str:
        """Return the one-paragraph text shown to the user."""
        parts = [f"{self.where}: {self.found}"]
        if self.expected:
            parts.append(f"Expected: {self.expected}")
        if self.remedy:
            parts.append(f"What to do: {self.remedy}")
        return "\n  ".join(parts)


class SettingError(CivicError):
    """A setting or option is unknown or has a wrong value."""

    exit_code = 2


class CatalogueError(CivicError):
    """The catalogue has faults, or no release of it is published."""

    exit_code = 3


class DeliveryError(CivicError):
    """A delivery cannot be read or may not be decided on as asked."""

    exit_code = 4


class CaseError(CivicError):
    """A case may not take the step that was asked for."""

    exit_code = 5


class ReleaseRefused(CivicError):
    """A dataset may not be opened; the message names the column and the reason."""

    exit_code = 6


class LakeError(CivicError):
    """A table is missing, locked or was changed by another writer."""

    exit_code = 7


class EngineError(CivicError):
    """An engine failed; its own text is withheld because it may print cell values."""

    exit_code = 8
