"""Refuse what is delivered for an entry that exists on paper only (非数字化): it is digitised first (Yancheng a12).

Here: the refusal. Not here: how far digitisation has come (``reporting/digitisation.py``). Once the entry says what the
data have become, a delivery that was refused is looked at once more by itself, as any that could not be read.
"""

from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource


def refuse_undigitised(resource: Resource) -> None:
    """Refuse a delivery of an entry on paper.

    Raises:
        DeliveryError: The entry's form is ``non_digital``.
    """
    if not resource.is_digital:
        raise DeliveryError(
            resource.id,
            "目录登记为非数字化资源 / the entry is non_digital: it exists on paper only",
            "汇聚前完成数字化加工 / data digitised before they are aggregated",
            "数字化后把 form 改为数据的形式并发布目录，无需重新报送 / once digitised, change `form` to what the data "
            "are and publish, the file need not be sent again",
        )
