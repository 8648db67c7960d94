"""What a value should have been, in Chinese and English, for each kind of error that pydantic finds.

Here: the kind of error to words, for catalogue files and settings alike. Not here: where the error stands
(``yaml_source.py``, ``settings.py``). Pydantic's own messages name classes and are in one language, so none of
them is shown: a kind that is not listed gives a general text with its name.
"""

from collections.abc import Mapping
from typing import Any

_TEXT = "文本（数字请加引号） / text (quote numbers)"
_NUMBER = "数 / a number"
_WHOLE = "整数 / a whole number"
_DATE = "日期 YYYY-MM-DD / a date YYYY-MM-DD"
_INSTANT = "日期和时间，如 2026-03-16T09:00:00+08:00 / date and time such as 2026-03-16T09:00:00+08:00"
_BOOLEAN = "true 或 false / true or false"
_LIST = "列表 / a list"
_MAPPING = "由键和值组成的映射 / a mapping of keys and values"
_WORDS: dict[str, str] = {
    "missing": "此项必填 / this key is required",
    "extra_forbidden": "已知的键 / a known key",
    "none_required": "空值 / null",
    "string_type": _TEXT,
    "string_pattern_mismatch": "格式为 {pattern} 的文本 / text of the form {pattern}",
    "string_too_short": "至少 {min_length} 个字符 / at least {min_length} characters",
    "string_too_long": "至多 {max_length} 个字符 / at most {max_length} characters",
    "literal_error": "以下之一 / one of: {expected}",
    "enum": "以下之一 / one of: {expected}",
    "too_short": "至少 {min_length} 项 / at least {min_length} items",
    "too_long": "至多 {max_length} 项 / at most {max_length} items",
    "greater_than": "大于 {gt} 的数 / a number greater than {gt}",
    "greater_than_equal": "不小于 {ge} 的数 / a number not below {ge}",
    "less_than": "小于 {lt} 的数 / a number less than {lt}",
    "less_than_equal": "不大于 {le} 的数 / a number not above {le}",
    "connector": "connector 为以下之一 / a connector, one of: {expected}",
    "secret_value": "密钥的引用 env:NAME 或 file:PATH / a reference to the secret, env:NAME or file:PATH",
    "bare_address": "不含用户名、口令、密钥的 http(s) 地址 / an http(s) address without user, password or key",
    "multiple_of": "{multiple_of} 的倍数 / a multiple of {multiple_of}",
}
_SAME: dict[str, tuple[str, ...]] = {
    _WHOLE: ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
    _NUMBER: ("float_type", "float_parsing", "decimal_type", "decimal_parsing", "finite_number"),
    _BOOLEAN: ("bool_type", "bool_parsing"),
    _DATE: ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
    _INSTANT: ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
    _LIST: ("tuple_type", "list_type", "set_type", "frozen_set_type", "iterable_type"),
    _MAPPING: ("model_type", "dict_type", "mapping_type", "model_attributes_type", "dataclass_type"),
}
_WORDS.update({kind: words for words, kinds in _SAME.items() for kind in kinds})
_OWN = ("value_error", "assertion_error")
_FALL_BACK = "规定形式的值 / a value of the declared form"


def expected_words(error: Mapping[str, Any]) -> str:
    """Return what was expected where pydantic found an error.

    Args:
        error: Entry of ``ValidationError.errors()``, with its context.

    Returns:
        Chinese and English; the words of the shape's own check where that refused the value.

    >>> expected_words({"type": "greater_than_equal", "ctx": {"ge": 2}, "msg": ""})
    '不小于 2 的数 / a number not below 2'
    """
    kind = str(error["type"])
    if kind in _OWN:
        return str(error["msg"]).partition(", ")[2]
    words = _WORDS.get(kind)
    if words is None:
        return f"{_FALL_BACK} ({kind})"
    context = {name: _shown(value) for name, value in error.get("ctx", {}).items()}
    try:
        return words.format(**context)
    except KeyError:
        return _FALL_BACK


def _shown(value: object) -> str:
    """Return a bound or choice as a person writes it; pydantic joins choices by an English ``or``."""
    return str(value).replace("' or '", "', '").replace("'", "")
