"""Check who decided a source: the authority, or an agency that acts as it, not later than the day (C-10)."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection

_AUTHORITY = "authority"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per entry decided by nobody competent, or in days to come."""
    competent = {agency.id for agency in inspection.catalogue.agencies_with_role(_AUTHORITY)}
    for register, file in inspection.registers():
        for index, entry in enumerate(register.entries):
            if entry.decided.by != _AUTHORITY and entry.decided.by not in competent:
                yield file.refuse(
                    ("entries", index, "decided", "by"),
                    entry.decided.by,
                    " | ".join([_AUTHORITY, *sorted(competent)]),
                    "由主管部门确定 / let the authority decide",
                )
            if entry.decided.on > inspection.as_of:
                yield file.refuse(
                    ("entries", index, "decided", "on"),
                    f"{entry.decided.on} 尚未到 / lies ahead",
                    f"不晚于 / not after {inspection.as_of}",
                    "填写实际日期 / give the day of the decision",
                )
