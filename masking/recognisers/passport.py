"""Recognise passport numbers of the People's Republic of China (护照号码).

No check digit, and product or document numbers of the same shape exist: a bare value alone proves nothing.

>>> RECOGNISER.contains("护照E12345678"), RECOGNISER.contains("X12345678")
(True, False)
"""

from masking.recogniser_contract import GAP, Recogniser, by_norm
from norms.passport import normalise_series
from resource_catalogue.model import Label

RECOGNISER = Recogniser(
    name="passport",
    label=Label(zh="护照号码", en="passport number"),
    shape=f"[EGDSP]{GAP}[0-9A-HJ-NP-Z](?:{GAP}[0-9]){{6,7}}",
    validate=by_norm(normalise_series),
    proves_alone=False,
)
