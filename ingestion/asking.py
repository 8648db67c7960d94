"""What a connector is told of the run that asks it, and where it tells of single things that cannot be had.

Here: the question. Not here: who asks (``fetching.py``), nor who answers (``connectors/``).
"""

import datetime as dt
from dataclasses import dataclass, field

from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError
from resource_catalogue.resource import Resource


@dataclass(frozen=True, slots=True)
class Asked:
    """Say for which resource and when a source is asked.

    Attributes:
        as_of: When what is fetched arrives.
        told: What could not be had while the rest could.
    """

    resource: Resource
    deployment: Deployment
    as_of: dt.datetime
    told: list[str] = field(default_factory=list)

    def secret(self, field_name: str, reference: str) -> str:
        """Return the secret that a field of the source refers to.

        Raises:
            SettingError: It is not there.
        """
        return self.deployment.secret(f"{self.resource.id} source.{field_name}", reference)

    def tell(self, error: CivicError) -> None:
        """Note something that cannot be had."""
        self.told.append(error.message())
