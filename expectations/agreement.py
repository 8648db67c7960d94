"""Which agreement rules an entity has: one per compared column of each comparing resource.

Not here: how values are compared (``checks/agreement.py``) and what becomes of the answer (``run.py``).
"""

from expectations.check import ExpectationRule
from expectations.rule import rules_of
from resource_catalogue.release import Release


def agreement_rules(release: Release, entity: str) -> list[ExpectationRule]:
    """List the agreement rules of an entity over all listed resources, in order of resource."""
    return [
        rule
        for resource in release.listed_resources()
        for rule in rules_of(resource, release)
        if rule.check == "agreement" and rule.arguments["entity"] == entity
    ]
