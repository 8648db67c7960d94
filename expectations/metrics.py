"""The metric that Great Expectations lacks: a row that one of our macros flags.

Here: the one metric provider; it is found by inheritance when this module is imported. Not here: what a
macro says (``macros.py``), nor metrics that Great Expectations has (nulls, uniqueness, bounds, sets, sums).
"""

from typing import Any

import sqlalchemy as sa
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)

from expectations.engine import DuckDBExecutionEngine


class NotFlagged(ColumnMapMetricProvider):  # type: ignore[misc]
    """Count the rows of a column that a macro flags; nulls are shown to the macro too."""

    condition_metric_name = "column_values.not_flagged"
    condition_value_keys = ("macro", "others", "values")
    filter_column_isnull = False

    @column_condition_partial(engine=DuckDBExecutionEngine)  # type: ignore[untyped-decorator]
    def _duckdb(
        self, column: Any, macro: str, others: tuple[str, ...], values: tuple[str | int, ...], **_: Any
    ) -> Any:
        """Return the condition that a row meets."""
        given = [column, *(sa.column(name) for name in others), *(sa.literal(value) for value in values)]
        called = getattr(sa.func, macro.strip('"'))
        return sa.not_(called(*given))
