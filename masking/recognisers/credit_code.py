"""Recognise unified social credit codes (统一社会信用代码, GB 32100-2015).

The code of an organisation is public; one in a column that is not declared to hold it is refused all the
same, since it links the row to an organisation that the catalogue does not know of.

>>> RECOGNISER.contains("代码91330100799655058b。"), RECOGNISER.contains("91330100799655058A")
(True, False)
"""

from masking.recogniser_contract import GAP, Recogniser, by_norm
from norms.credit_code import normalise_series
from resource_catalogue.model import Label

_SIGN = "[0-9A-HJ-NPQRTUWXY]"

RECOGNISER = Recogniser(
    name="credit_code",
    label=Label(zh="统一社会信用代码", en="unified social credit code"),
    shape=f"{_SIGN}{GAP}{_SIGN}(?:{GAP}[0-9]){{6}}(?:{GAP}{_SIGN}){{10}}",
    validate=by_norm(normalise_series),
)
