"""Recognise bank card numbers of 16 to 19 digits (银行卡号) by leading digits and Luhn check.

One random number in ten passes Luhn, so that a bare value alone proves nothing.

>>> RECOGNISER.contains("卡号6222 0212 3456 7894"), RECOGNISER.contains("6222021234567890")
(True, False)
"""

from masking.recogniser_contract import GAP, Recogniser, by_norm
from norms.bank_card import normalise_series
from resource_catalogue.model import Label

_LEADING = f"(?:6{GAP}[0-9]|9{GAP}[45]|3{GAP}[567]|4{GAP}[0-9]|5{GAP}[0-9])"

RECOGNISER = Recogniser(
    name="bank_card",
    label=Label(zh="银行卡号", en="bank card number"),
    shape=f"{_LEADING}(?:{GAP}[0-9]){{14,17}}",
    validate=by_norm(normalise_series),
    proves_alone=False,
)
