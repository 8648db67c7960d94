"""The words of a task sheet: what was found, expected and to be done in each row.

Here: handing the expectations room's explanations to casework, which must not know it.
"""

from casework.task_sheet import Explanation
from casework.tasks import Row
from expectations.explain import explain
from resource_catalogue.release import Release
from resource_catalogue.resource import Column, Resource


class TaskWords:
    """Explain the rows of tasks under one release."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def __call__(self, row: Row, resource: Resource, column: Column | None) -> Explanation:
        """Return the words for one row."""
        text = explain(self._release, resource.id, row.rule, row.reason)
        return Explanation(text.rule, text.found, text.expected, text.remedy)
