"""Recognise citizen identity numbers of 15 digits, issued before 1999 (GB 11643-1989).

They have no check digit: 1.4 % of random 15-digit numbers look like one, registration numbers among them,
so that a bare value alone proves nothing.

>>> RECOGNISER.contains("旧证440524800101998"), RECOGNISER.contains("440524801301998")
(True, False)
"""

from masking.recogniser_contract import GAP, Recogniser
from masking.recognisers.citizen_id import is_real
from resource_catalogue.model import Label

RECOGNISER = Recogniser(
    name="old_citizen_id",
    label=Label(zh="15 位公民身份号码", en="citizen identity number of 15 digits"),
    shape=f"[1-9](?:{GAP}[0-9]){{14}}",
    validate=is_real,
    proves_alone=False,
)
