"""Recognise number plates of motor vehicles (机动车号牌): province sign, letter, five or six places.

>>> RECOGNISER.contains("车牌苏J·12345停放"), RECOGNISER.contains("苏J1234")
(True, False)
"""

from masking.recogniser_contract import GAP, Recogniser, by_norm
from norms.plate import PROVINCES, normalise_series
from resource_catalogue.model import Label

_SIGN, _LAST = "[0-9A-HJ-NP-Z]", "[0-9A-HJ-NP-Z学警挂港澳领]"

RECOGNISER = Recogniser(
    name="plate",
    label=Label(zh="机动车号牌", en="number plate"),
    shape=f"[{PROVINCES}]{GAP}[A-Z](?:{GAP}{_SIGN}){{4}}(?:{GAP}{_SIGN})?{GAP}{_LAST}",
    validate=by_norm(normalise_series),
    signs=f"0-9A-Za-z{PROVINCES}学警挂港澳领",
)
