"""Errors that a user of the platform can act on, with the exit code of their kind.

Here: the one hierarchy that every room raises from. Not here: messages of a room's own faults in data, which are
findings, not exceptions. A message says where, what was found, what was expected and what to do; it never carries a
data subject's value.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXPECTED = "期望 / expected"
REMEDY = "处理 / what to do"
"""Labels of the parts of a message."""
INTERRUPTED = 130
"""Exit code of a command that Ctrl-C or SIGTERM stopped; mistakes have those of their kind."""

EXIT_CODES: dict[int, tuple[str, str]] = {
    0: ("完成", "done"),
    1: ("某一步骤失败，其余照常", "a step failed; the others were done"),
    2: (
        "命令、选项、设置或目录有误",
        "a command, option, setting or folder is wrong; nothing was changed",
    ),
    3: ("目录文件有误，或尚未发布", "the catalogue has faults or is not published"),
    4: ("没有此对象，或其状态不允许", "there is no such thing, or its state does not admit the act"),
    5: ("无权办理", "whoever asks may not do it"),
    6: ("数据集不得开放", "a dataset may not be opened"),
    7: ("数据表缺失、被占用或被改动", "a table is missing, locked or changed by another writer"),
    8: ("引擎出错", "an engine failed"),
    INTERRUPTED: ("被中断，可再次运行", "interrupted; run the same command again"),
}
"""What each exit code of the command says, in Chinese and English."""


class CivicError(Exception):
    """Report a mistake that a person can mend; shown without a traceback.

    Args:
        where: File and line, table, setting or command that is concerned.
        found: What was found there (never a personal value).
        expected: What was expected instead.
        remedy: What to do next.
    """

    exit_code = 1
    """Key of ``EXIT_CODES``."""

    def __init__(self, where: str, found: str, expected: str = "", remedy: str = "") -> None:
        self.where, self.found, self.expected, self.remedy = where, found, expected, remedy
        super().__init__(self.message())

    def message(self) -> str:
        """Return the one-paragraph text shown to the user."""
        parts = [f"{self.where}: {self.found}"]
        if self.expected:
            parts.append(f"{EXPECTED}: {self.expected}")
        if self.remedy:
            parts.append(f"{REMEDY}: {self.remedy}")
        return "\n  ".join(parts)


class SettingError(CivicError):
    """A setting, option or folder is unknown or not as it must be."""

    exit_code = 2


class CatalogueError(CivicError):
    """The catalogue has faults, or no release of it is published."""

    exit_code = 3


class NotFoundError(CivicError):
    """There is nothing of that name, number or identifier."""

    exit_code = 4


class DeliveryError(CivicError):
    """A delivery cannot be read, is not there, or its state does not admit the decision."""

    exit_code = 4


class CaseError(CivicError):
    """A case is not there, or its state does not admit the step."""

    exit_code = 4


class NotPermitted(CaseError):
    """Who asks may not take the step: unknown, of another body, or in another post."""

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


@contextmanager
def own_place(place: Path) -> Iterator[None]:
    """Turn what the operating system says of a user's own file or folder into an error with a remedy.

    Raises:
        SettingError: It cannot be read, made or written.
    """
    try:
        yield
    except OSError as error:
        raise place_error(error, place) from None


def place_error(error: OSError, place: Path | None = None) -> SettingError:
    """Return the error of a user's own file or folder; without a place the one that the system names."""
    where = place if place is not None else error.filename
    return SettingError(
        str(where or "文件系统 / file system"),
        f"无法读写 / cannot be read or written ({error.strerror or type(error).__name__})",
        "可读写的位置 / a place that may be read and written",
        "检查路径、权限与磁盘空间，或换一处 / check path, rights and free space, or choose another place",
    )
