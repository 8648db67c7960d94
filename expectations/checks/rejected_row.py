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
_ONE_TO_ONE = Label(zh="清单与文件一一对应", en="a list and files that agree one to one")
_MEND_LIST = Label(
    zh="补齐或改正清单、文件后重新打包报送", en="mend the list or the files, pack and deliver again"
)
_OBJECT_REASONS: Mapping[str, Reason] = {
    "object_empty": Reason(
        Label(zh="文件为空", en="an empty file"),
        Label(zh="有内容的文件", en="a file with content"),
        Label(zh="重新导出该文件后报送", en="export the file again and deliver it"),
    ),
    "object_of_another_form": Reason(
        Label(zh="文件的格式不在本资源所收之列", en="a file of a form that the entry does not admit"),
        Label(zh="目录登记的格式", en="a form that the catalogue names"),
        Label(
            zh="转为登记的格式，或申请变更目录（objects.media_types）",
            en="convert it, or ask to change the entry (objects.media_types)",
        ),
    ),
    "object_not_in_list": Reason(
        Label(zh="文件不在清单中", en="a file that the list does not name"), _ONE_TO_ONE, _MEND_LIST
    ),
    "list_row_without_object": Reason(
        Label(zh="清单所列的文件没有随附", en="the list names a file that did not come"),
        _ONE_TO_ONE,
        _MEND_LIST,
    ),
    "list_names_it_again": Reason(
        Label(zh="清单重复列出同一文件", en="the list names a file once more"), _ONE_TO_ONE, _MEND_LIST
    ),
    "list_names_several": Reason(
        Label(zh="清单所列的名称对应多个文件", en="a name in the list that fits several files"),
        _ONE_TO_ONE,
        Label(zh="清单写明文件的路径", en="write the path of the file in the list"),
    ),
}
"""Reasons of objects and of the list beside them (``ingestion/decoders/objects.py``)."""


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
        **_OBJECT_REASONS,
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
