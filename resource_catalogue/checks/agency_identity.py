"""Check what an agency says of itself: credit code, tier, division and superior body."""

from collections.abc import Iterator
from functools import cache

from norms import credit_code
from resource_catalogue.agency import Agency
from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.profile import load_profile, shipped_profile_ids


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per false credit code, unknown tier and circle of superiors."""
    for agency, file in inspection.agencies():
        yield from _credit_code(agency, file)
        yield from _tier(agency, file, inspection)
        if _is_its_own_superior(agency, inspection):
            yield file.refuse(
                ("under",),
                f"{agency.id} → … → {agency.id}",
                "不成环的上级 / superiors without a circle",
                "改正上级 / correct the superior",
            )


def _credit_code(agency: Agency, file: EntryFile) -> Iterator[CheckedFault]:
    reading = credit_code.normalise(agency.credit_code)
    if reading.value != agency.credit_code:
        yield file.refuse(
            ("credit_code",),
            f"{agency.credit_code} ({reading.code})",
            "18 位统一社会信用代码 / an 18-character credit code (GB 32100-2015)",
            "按证照改正 / correct it from the certificate",
        )


def _tier(agency: Agency, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    own = [tier.id for tier in inspection.profile.tiers]
    if agency.tier in own:
        return
    expected = f"{' | '.join(own)} ({inspection.profile.reference})"
    remedy = "改为办法所列层级 / choose a tier of the text"
    # A deployment may be tried under another jurisdiction's text: a tier of that other text is no mistake.
    remark = file.note if agency.tier in _shipped_tiers() else file.refuse
    yield remark(("tier",), agency.tier, expected, remedy)


@cache
def _shipped_tiers() -> frozenset[str]:
    return frozenset(tier.id for name in shipped_profile_ids() for tier in load_profile(name).tiers)


def _is_its_own_superior(agency: Agency, inspection: Inspection) -> bool:
    seen: set[str] = set()
    above = agency.under
    while above and above not in seen:
        seen.add(above)
        superior = inspection.catalogue.agencies.get(above)
        above = superior.under if superior else None
    return agency.id in seen
