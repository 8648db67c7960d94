"""Say what is wrong with a cell or row of a file: found, expected, remedy, in Chinese and English.

Here: the words for codes that arise while a file is read and conformed; those of identifiers, dates and amounts are
the norms' own. No text holds a value.
"""

from collections.abc import Mapping
from types import ModuleType

from norms import (
    certificate_identifier,
    citizen_id,
    credit_code,
    dates,
    mobile,
    money,
    registration_number,
)
from norms.reading import Explanation, explain
from resource_catalogue.resource import Column

_BY_TYPE: Mapping[str, tuple[ModuleType, ...]] = {
    "citizen_id": (citizen_id,), "credit_code": (credit_code,), "registration_number": (registration_number,),
    "certificate_identifier": (certificate_identifier,), "subject_identifier": (credit_code, citizen_id),
    "money": (money,), "date": (dates,), "datetime": (dates,), "phone": (mobile,),
}  # fmt: skip
_CORRECT = ("核对原始材料后更正", "compare with the original and correct it")
_SPLIT = ("一行的单元数与表头相同", "as many fields as the header has")
_MEND_SPLIT = (
    "检查分隔符、引号和换行，必要时用引号括起",
    "check delimiters, quotes and line breaks; quote the cell",
)
_OF_LIST = ("清单与文件一一对应，文件有内容", "a list and files that agree one to one, none empty")
_MEND_LIST = ("补齐或改正清单、文件后重新打包", "mend the list or the files and pack them again")
_OWN: Mapping[str, Explanation] = {
    "required": explain(True, ("必填项为空", "a required value is missing"), ("填写该项", "a value"), _CORRECT),
    "duplicate_key": explain(
        True, ("主键与前面某行相同", "an earlier row has the same key"), ("每行主键各不相同", "a key of its own"),
        ("删去重复行，或更正主键", "delete the duplicate, or correct the key"),
    ),
    "not_in_list": explain(
        True, ("不在代码表中", "not in the code list"), ("代码表中的代码", "a code of the list"),
        ("改用代码表中的代码", "use a listed code"),
    ),
    "too_long": explain(
        True, ("过长", "too long"), ("不超过规定的长度", "no more characters than declared"),
        ("检查是否错列或混入其他内容", "check for shifted columns or foreign content"),
    ),
    "not_an_integer": explain(True, ("不是整数", "not a whole number"), ("整数", "a whole number"), _CORRECT),
    "not_a_number": explain(True, ("不是数字", "not a number"), ("数字", "a number"), _CORRECT),
    "not_a_boolean": explain(True, ("不是“是”或“否”", "neither yes nor no"), ("是或否", "yes or no"), _CORRECT),
    "destroyed_characters": explain(
        True, ("含已损坏的字符", "destroyed characters"), ("完整的文字", "whole text"),
        ("从源系统以正确编码重新导出", "export it again from the source in the right encoding"),
    ),
    "too_many_fields": explain(True, ("单元多于表头", "more fields than the header"), _SPLIT, _MEND_SPLIT),
    "too_few_fields": explain(True, ("单元少于表头", "fewer fields than the header"), _SPLIT, _MEND_SPLIT),
    "unbalanced_quote": explain(True, ("引号不成对", "a quote that is never closed"), _SPLIT, _MEND_SPLIT),
    "object_empty": explain(True, ("文件为空", "an empty file"), _OF_LIST, _MEND_LIST),
    "object_of_another_form": explain(
        True, ("文件的格式不在所收之列", "a file of a form that is not admitted"),
        ("目录登记的格式", "a form that the catalogue names"), ("转为登记的格式", "convert it"),
    ),
    "object_not_in_list": explain(
        True, ("文件不在清单中", "a file that the list does not name"), _OF_LIST, _MEND_LIST
    ),
    "list_row_without_object": explain(
        True, ("清单所列的文件没有随附", "the list names a file that did not come"), _OF_LIST, _MEND_LIST
    ),
    "list_names_it_again": explain(
        True, ("清单重复列出同一文件", "the list names a file once more"), _OF_LIST, _MEND_LIST
    ),
    "list_names_several": explain(
        True, ("清单所列的名称对应多个文件", "a name in the list that fits several files"), _OF_LIST,
        ("清单写明文件的路径", "write the path of the file in the list"),
    ),
    "not_an_object": explain(
        True, ("不是 JSON 对象", "no JSON object"), ("每行一个对象", "one object per row"), _CORRECT,
    ),
}  # fmt: skip


def explained(code: str, column: Column | None) -> Explanation:
    """Return the words for a code; of an identifier, date or amount those of its norm."""
    for norm in _BY_TYPE.get(column.type if column else "", ()):
        known: Mapping[str, Explanation] = norm.EXPLANATIONS
        if code in known:
            return _as_declared(known[code], code, column)
    if code in _OWN:
        return _OWN[code]
    return explain(
        True, (f"不符合要求（{code}）", f"not as required ({code})"), ("符合目录", "as declared"), _CORRECT
    )


def _as_declared(told: Explanation, code: str, column: Column | None) -> Explanation:
    """Name the declared formats where a date is written in another."""
    if code != "other_format" or column is None:
        return told
    formats = ", ".join(column.formats)
    expected = (f"所声明的写法：{formats}", f"the declared formats: {formats}")
    return explain(told.is_fault, (told.found_zh, told.found_en), expected, (told.remedy_zh, told.remedy_en))
