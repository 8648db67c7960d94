"""Addresses of files in a bucket: presigned, so that recipients fetch from the storage and not from this server.

Here: which versions can have such an address, and when it ends. A version that is not in the bucket yet has this
server's own addresses, so that none leads nowhere. Not here: signing (``lake.bucket_place``), copying
(``lake.bucket_copy``), and who is given own addresses in any case (``tables``).

The storage knows neither grant nor network nor quota: an address holds until its end, whatever was revoked meanwhile,
and what is fetched by it is not seen. ``serving.url_minutes`` bounds that. The address names the table's folder and
the file by its path, where the own ones name an id alone.
"""

import datetime as dt
import math
from collections.abc import Callable

from lake.bucket_marks import BucketMarks
from lake.bucket_place import BucketPlace, Presigner
from lake.shared import DataFile
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import TableName
from serving.sharing.addresses import AddressScope, OwnAddresses
from serving.sharing.signing import Signer


class BucketAddresses:
    """Make addresses of the bucket for what is in it, and own ones for the rest.

    Args:
        own: Maker of own addresses; both end at the same instants.
        now: Clock of the servers, by which ends are stated. The storage has the machine's, from which addresses
            hold: what they share is how long it is until the end.
    """

    def __init__(
        self, own: OwnAddresses, presigner: Presigner, marks: BucketMarks, now: Callable[[], dt.datetime]
    ) -> None:
        self._own, self._presigner, self._marks, self._now = own, presigner, marks, now

    def good_until(self, now: dt.datetime) -> int:
        """Return when addresses that are made now end, in seconds since 1970."""
        return self._own.good_until(now)

    def is_answered_here(self, table: TableName, version: int) -> bool:
        """Tell whether a version is not in the bucket yet."""
        return not self._marks.has(table, version)

    def address(self, scope: AddressScope, file: DataFile) -> str:
        """Return the address of a file: here, or in the bucket, as the scope says.

        One in the bucket does not end before the stated instant, nor two seconds after it.
        """
        if scope.is_here:
            return self._own.address(scope, file)
        # It begins at a whole second, up to one before now.
        seconds = math.ceil(scope.good_until - self._now().timestamp()) + 1
        return self._presigner.address(scope.table, file.path, max(seconds, 1))


def bucket_addresses(deployment: Deployment, now: Callable[[], dt.datetime]) -> BucketAddresses | None:
    """Return the maker of addresses of a deployment's bucket; null where it names none.

    Raises:
        SettingError: A key that the settings refer to is not there.
    """
    place = BucketPlace.of(deployment)
    if place is None:
        return None
    own = OwnAddresses(Signer(deployment.key("serving")), deployment.settings.serving.url_minutes)
    return BucketAddresses(own, Presigner(place), BucketMarks.of(deployment, place), now)
