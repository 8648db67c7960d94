"""Recognise mobile telephone numbers of mainland China (手机号码), with or without country code.

No check digit: 7.9 % of random 11-digit numbers look like one.

>>> RECOGNISER.contains("电话138-0013-8000"), RECOGNISER.contains("12800138000")
(True, False)
"""

from masking.recogniser_contract import GAP, Recogniser, by_norm
from norms.mobile import normalise_series
from resource_catalogue.model import Label

RECOGNISER = Recogniser(
    name="mobile",
    label=Label(zh="手机号码", en="mobile number"),
    shape=f"(?:(?:0{GAP}0{GAP})?8{GAP}6{GAP})?1{GAP}[3-9](?:{GAP}[0-9]){{9}}",
    validate=by_norm(normalise_series),
)
