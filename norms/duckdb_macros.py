"""Gather the DuckDB macros of all norms, in the order in which they must be created.

Belongs here: the list. Does not belong here: a connection; whoever has one runs the statements.

>>> all(statement.startswith("create or replace macro ") for statement in all_macros())
True
"""

from __future__ import annotations

from norms import (
    bank_card,
    certificate_identifier,
    citizen_id,
    credit_code,
    dates,
    mobile,
    money,
    organisation_code,
    passport,
    plate,
    registration_number,
    text,
)


def all_macros() -> tuple[str, ...]:
    """List the statements that create every macro of the norms.

    Returns:
        SQL statements; those of `text` come first, the others stand on them.
    """
    modules = (
        text, citizen_id, credit_code, organisation_code, registration_number, money, dates, mobile,
        bank_card, plate, passport, certificate_identifier,
    )  # fmt: skip
    return tuple(statement for module in modules for statement in module.MACROS)
