"""Why a dataset, or one of its columns, may not leave: place, reason and remedy, in Chinese and English.

Here: the shape of a refusal and the error that carries them. Not here: the rules (``entry_rules.py``,
``column_rules.py``, ``decision.py``, ``protection.py``). No refusal carries a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from resource_catalogue.errors import ReleaseRefused
from resource_catalogue.model import Label


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refuse one column, or the whole dataset where ``column`` is empty.

    Attributes:
        reason: What is wrong; counts only.
        remedy: What to do.
    """

    column: str
    reason: Label
    remedy: Label

    @property
    def text(self) -> str:
        """Return the refusal in one line, both languages."""
        place = f"{self.column}: " if self.column else ""
        return f"{place}{self.reason.zh} / {self.reason.en} → {self.remedy.zh} / {self.remedy.en}"


class DatasetRefused(ReleaseRefused):
    """A dataset may not be opened; every refused column is named with its reason.

    Args:
        dataset: Id of the dataset.
        refusals: At least one.
    """

    def __init__(self, dataset: str, refusals: Sequence[Refusal]) -> None:
        self.dataset, self.refusals = dataset, tuple(refusals)
        super().__init__(
            f"dataset {dataset}",
            "不予开放 / refused",
            "所有字段均可按其开放类型开放 / every column admissible under the dataset's open type",
            "\n    ".join(["", *(refusal.text for refusal in refusals)]),
        )

    @property
    def reason(self) -> str:
        """Return all refusals in one text, as it is recorded."""
        return "\n".join(refusal.text for refusal in self.refusals)


def refuse(column: str, reason: tuple[str, str], remedy: tuple[str, str]) -> Refusal:
    """Make a refusal out of (Chinese, English) pairs.

    >>> refuse("name", ("个人信息", "personal data"), ("脱敏", "mask it")).text
    'name: 个人信息 / personal data → 脱敏 / mask it'
    """
    return Refusal(column, Label(zh=reason[0], en=reason[1]), Label(zh=remedy[0], en=remedy[1]))
