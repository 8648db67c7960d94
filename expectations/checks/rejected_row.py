"""rejected_row: every row sent can be split into the declared columns (GB/T 36344 0302 数据格式合规性)."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from expectations.check import Batch, Check, Count, Declaration, ExpectationRule, Failing, Metric, Reason
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

RECEIVED = Metric("column.sum", "rows_received")
REJECTED = Metric("column.sum", "rows_rejected")
_AS_THE_HEADER = Label(zh="字段数与表头一致的行", en="a row with as many fields as the header")
_CHECK_LINE = Label(
    zh="检查分隔符、引号和换行后重新报送", en="check separators, quotes and line breaks; deliver again"
)


class RejectedRow(Check):
    """Count the rows of the current deliveries that were rejected."""

    name = "rejected_row"
    indicator = "0302"
    batch: ClassVar[Batch] = "deliveries"
    text = Label(zh="每行都能按列拆分", en="every row can be split into its columns")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "rejected": Reason(
            Label(zh="该行无法按列拆分", en="the row cannot be split into columns"),
            _AS_THE_HEADER,
            _CHECK_LINE,
        ),
        "too_many_fields": Reason(
            Label(
                zh="该行的字段比表头多，常因值中含有未加引号的分隔符",
                en="more fields than the header, mostly by a separator within a value without quotes",
            ),
            _AS_THE_HEADER,
            _CHECK_LINE,
        ),
        "too_few_fields": Reason(
            Label(
                zh="该行的字段比表头少，常因值中含有未加引号的换行，或漏报末尾字段",
                en="fewer fields than the header, mostly by a line break without quotes or missing last fields",
            ),
            _AS_THE_HEADER,
            _CHECK_LINE,
        ),
        "unbalanced_quote": Reason(
            Label(zh="该行的引号没有配对", en="a quotation mark is not closed"), _AS_THE_HEADER, _CHECK_LINE
        ),
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule for the resource."""
        return [Declaration()]

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows received and rejected."""
        return RECEIVED, REJECTED

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the rejected among the received."""
        return Count(values[RECEIVED], values[REJECTED])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find the rejected rows."""
        return Failing("true", "reason", "checked_rejected")


CHECK = RejectedRow()
