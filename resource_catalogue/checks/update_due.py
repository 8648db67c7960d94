"""Check that ``update.due`` says a point of the promised period, and that nothing is promised twice over (G-11)."""

from collections.abc import Iterator

from resource_catalogue.due_point import WORDS, due_point
from resource_catalogue.inspection import CheckedFault, Inspection
from resource_catalogue.resource import FREQUENCIES


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per due point that fits its frequency in no way."""
    for resource, file in inspection.resources():
        due, frequency = resource.update.due, resource.update.frequency
        if due is None or due_point(frequency, due) is not None:
            continue
        if frequency in WORDS:
            remedy = "按所列写法改正 / write it as one of these"
        else:
            zh, en = FREQUENCIES[frequency].zh, FREQUENCIES[frequency].en
            remedy = f"{zh}没有报送时点，删去 / {en} has no due point: delete it"
        yield file.refuse(("update", "due"), f"{frequency}: {due}", WORDS.get(frequency, "—"), remedy)
