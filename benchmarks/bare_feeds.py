"""Say what the bare engine must know of the three feeds: columns, types, code lists and checks.

Here: the hand-written counterpart of three catalogue entries, as short as SQL needs it. Not here: the SQL
(``bare_duckdb.py``). A difference from the catalogue shows as different outputs, which fail the comparison.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "code", "citizen_id", "credit_code", "date", "money"]


@dataclass(frozen=True, slots=True)
class BareColumn:
    """Describe one column of a feed.

    Attributes:
        codes: File of the code list that holds its values.
        most: Largest number of characters; 0 where there is no limit.
        date_format: How dates are written.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    codes: str = ""
    most: int = 0
    date_format: str = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class BareFeed:
    """Describe one feed.

    Attributes:
        files: Pattern below the arrival folder.
        encoding: ``gb18030`` is transcoded before the engine can read it.
        collected_at: Column with the day on which codes are judged.
        declared: Rule id, condition that fails and column the finding names.
    """

    resource: str
    files: str
    encoding: str
    delimiter: str
    key: str
    collected_at: str
    columns: tuple[BareColumn, ...]
    declared: tuple[tuple[str, str, str], ...]

    @property
    def table(self) -> str:
        """Return the name of the feed's files and views."""
        return self.resource.replace(".", "__")

    @property
    def agency(self) -> str:
        """Return the agency that sends it."""
        return self.resource.split(".")[0]


HOUSEHOLD = BareFeed(
    "police.household_registration", "police/household_*.csv", "utf-8", ",", "citizen_id", "registered_on",
    (
        BareColumn("citizen_id", "citizen_id", required=True),
        BareColumn("name", required=True),
        BareColumn("sex", "code", required=True, codes="sex"),
        BareColumn("date_of_birth", "date", required=True),
        BareColumn("nationality_code", "code", codes="nationality"),
        BareColumn("registered_address", most=256),
        BareColumn("registered_division_code", "code", required=True, codes="divisions"),
        BareColumn("registered_on", "date"),
    ),
    (
        ("registered_after_birth", "date_of_birth > registered_on", "registered_on"),
        ("registered_not_in_future", "registered_on > {today}", "registered_on"),
        ("born_not_in_future", "date_of_birth > {today}", "date_of_birth"),
    ),
)  # fmt: skip
INSURED = BareFeed(
    "human_resources.insured_persons", "human_resources/insured_persons_*.csv", "gb18030", ",", "citizen_id",
    "first_insured_on",
    (
        BareColumn("citizen_id", "citizen_id", required=True),
        BareColumn("name", required=True),
        BareColumn("sex", "code", codes="sex"),
        BareColumn("date_of_birth", "date"),
        BareColumn("employer_credit_code", "credit_code"),
        BareColumn("insurance_status", "code", required=True, codes="insurance_status"),
        BareColumn("division_code", "code", required=True, codes="divisions"),
        BareColumn("first_insured_on", "date"),
        BareColumn("last_paid_on", "date"),
        BareColumn("payment_base_cny", "money"),
    ),
    (
        ("paid_after_first_insured", "first_insured_on > last_paid_on", "last_paid_on"),
        ("paid_recently", "last_paid_on < {today} - 800", "last_paid_on"),
    ),
)  # fmt: skip
ACCOUNTS = BareFeed(
    "housing_fund.accounts", "housing_fund/gjj_accounts.txt", "gb18030", "|", "account_no", "opened_on",
    (
        BareColumn("account_no", required=True, most=20),
        BareColumn("citizen_id", "citizen_id", required=True),
        BareColumn("name"),
        BareColumn("account_status", "code", required=True, codes="fund_account_status"),
        BareColumn("monthly_deposit_cny", "money"),
        BareColumn("balance_cny", "money"),
        BareColumn("branch_division_code", "code", codes="divisions"),
        BareColumn("opened_on", "date", required=True),
        BareColumn("last_paid_on", "date", date_format="%Y%m%d"),
    ),
    (
        ("paid_recently", "last_paid_on < {today} - 800", "last_paid_on"),
        ("paid_after_opening", "opened_on > last_paid_on", "last_paid_on"),
    ),
)  # fmt: skip
FEEDS = (HOUSEHOLD, INSURED, ACCOUNTS)
COMPARED = ("name", "sex", "date_of_birth")
"""Attributes in which insured persons are compared with the households."""
PROVISIONAL = ("citizen_id", *COMPARED)
"""Attributes that insured persons give where the households are silent."""
