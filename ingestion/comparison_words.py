"""Say that a cell differs from another agency's data, or why it was not compared, in Chinese and English.

No text holds a value, nor tells whether the other agency knows a subject whose cell is not told to differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.compared_cells import MOST_VALUES, REMEMBERED
from ingestion.file_comparison import SEVERAL_VALUES, Difference, SetAside
from resource_catalogue.resource import Resource

DIFFERS = "differs"
_FOUND = {
    DIFFERS: "与{agency}的数据不一致 / differs from the data of {agency}",
    SEVERAL_VALUES: "未比对：同一主体在本文件中有多个值 / not compared: the file says several values of one subject",
    "closed": (
        f"暂不比对：近 {REMEMBERED.days} 天已有 {MOST_VALUES} 个不同的值被告知不一致 / "
        f"not compared for now: {MOST_VALUES} values were told to differ within {REMEMBERED.days} days"
    ),
}
_REMEDY = {
    DIFFERS: (
        "核对原始材料；本机构无误的，与该机构协商，协商不成的由主管部门决定 / compare with the original; if it is "
        "right, settle it with that agency, else the bureau decides"
    ),
    SEVERAL_VALUES: "每个主体只报一个值 / say one value of each subject",
    "closed": "与有关机构协商，或请主管部门决定 / settle it with the agency, or have the bureau decide",
}


@dataclass(frozen=True, slots=True)
class DifferenceWords:
    """Hold what is said of a cell: which, of which agency, what was found and what to do, both languages in one."""

    cell: Difference | SetAside
    code: str
    label: str
    agency: str
    found: str
    remedy: str


def difference_words(
    cell: Difference | SetAside, resource: Resource, agencies: Mapping[str, str]
) -> DifferenceWords:
    """Return the words for a cell.

    Args:
        agencies: Names of the agencies by id.
    """
    code = DIFFERS if isinstance(cell, Difference) else cell.reason
    agency = agencies.get(cell.agency, cell.agency) if isinstance(cell, Difference) else ""
    label = resource.column(cell.column).zh
    return DifferenceWords(cell, code, label, agency, _FOUND[code].format(agency=agency), _REMEDY[code])
