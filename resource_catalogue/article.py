"""Articles of a regulation as a person cites them.

Here: turning the short form of the profiles (``a20¶3(二)``) into words. Not here: what an article says.
"""

import re

_SHORT = re.compile(r"a(\d+)(?:¶(\d+))?(?:\((.{1,3})\))?")
_DIGITS = "零一二三四五六七八九"


def article_in_words(article: str) -> str:
    """Return an article as Chinese texts cite it; another form stays as it is.

    >>> article_in_words("a16¶2"), article_in_words("a20¶3(二)"), article_in_words("a2(九)")
    ('第十六条第二款', '第二十条第三款第（二）项', '第二条第（九）项')
    """
    found = _SHORT.fullmatch(article)
    if not found:
        return article
    number, paragraph, item = found.groups()
    words = f"第{_numeral(int(number))}条"
    words += f"第{_numeral(int(paragraph))}款" if paragraph else ""
    return words + (f"第（{item}）项" if item else "")


def _numeral(number: int) -> str:
    """Write a number below 100 in Chinese."""
    tens, ones = divmod(number, 10)
    written = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return written + (_DIGITS[ones] if ones or not tens else "")
