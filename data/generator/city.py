"""Name the divisions, dates and agencies of the fictional city.

Here: constants that several feeds refer to. Not here: rows.
"""

import datetime as dt

CITY, DISTRICT, COUNTY, FORMER = "329900", "329902", "329921", "329911"
DIVISION_NAMES = {CITY: "", DISTRICT: "示例区", COUNTY: "示例县", FORMER: "示例郊区"}
FORMER_UNTIL = dt.date(2020, 12, 31)

FIRST_ACT, SECOND_ACT = dt.date(2026, 3, 16), dt.date(2026, 3, 25)
LONG_AGO = dt.date(2026, 1, 5)
HORIZON = dt.date(2026, 3, 1)
"""Last day on which anything happens in clean rows, so that nothing is in the future on the first act."""
_EPOCH = dt.date(1970, 1, 1)


def day(number: int, first: dt.date, last: dt.date = HORIZON) -> dt.date:
    """Choose a day between two days, both included."""
    return first + dt.timedelta(days=number % max((last - first).days + 1, 1))


def phone(number: int) -> str:
    """Compose a mobile number under one fixed prefix."""
    return f"1990000{number % 10000:04d}"
