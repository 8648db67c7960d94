"""What the rules of a resource demand, in words, by rule id.

Here: one lookup for pages and traces. Not here: explaining a finding (``expectations/explain.py``).
"""

from expectations.rule import rules_of
from resource_catalogue.errors import CatalogueError
from resource_catalogue.model import Label
from resource_catalogue.release import Release


def rule_texts(release: Release, resource_id: str) -> dict[str, Label]:
    """Return the text of each rule; none where the release has no such resource or its rules are faulty."""
    resource = release.catalogue.resources.get(resource_id)
    if resource is None:
        return {}
    try:
        return {rule.rule_id: rule.text for rule in rules_of(resource, release)}
    except CatalogueError:
        return {}
