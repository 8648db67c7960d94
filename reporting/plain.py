"""Turn answers into plain data that JSON can hold: labels, days, instants and amounts as text or numbers.

>>> plain({"due": dt.date(2026, 3, 16), "amount": Decimal("1.50")})
{'due': '2026-03-16', 'amount': '1.50'}
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel


def plain(answer: object) -> Any:
    """Return the same answer in lists, dictionaries, texts, numbers, booleans and null.

    Raises:
        TypeError: A kind of value that has no plain form.
    """
    if answer is None or isinstance(answer, bool | int | float):
        return answer
    if isinstance(answer, str):
        return str(answer)
    if isinstance(answer, dt.datetime | dt.date):
        return answer.isoformat()
    if isinstance(answer, Decimal):
        return str(answer)
    if isinstance(answer, BaseModel):
        return answer.model_dump(mode="json")
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        return {field.name: plain(getattr(answer, field.name)) for field in dataclasses.fields(answer)}
    if isinstance(answer, Mapping):
        return {str(key): plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [plain(one) for one in answer]
    raise TypeError(f"no plain form for {type(answer).__name__}")
