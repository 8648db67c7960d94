"""The inbox: files that agencies, or whoever they charge, lay into a folder of the deployment."""

from typing import Literal

from resource_catalogue.sources.reading import Reading


class FolderSource(Reading):
    """Take the files of the inbox whose paths match.

    Attributes:
        path: Glob below the inbox.
    """

    connector: Literal["folder"] = "folder"
    path: str
