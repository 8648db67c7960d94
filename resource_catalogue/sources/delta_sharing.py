"""Delta Sharing: a table that another node (节点) of the platform shares, such as a county's with its city."""

from typing import Annotated, Literal

from pydantic import Field

from resource_catalogue.deletions import Deleted
from resource_catalogue.sources.remote import Remote, SecretReference

CHANGE_TYPE = "_change_type"
"""Column of a change feed that says what became of a row."""
WHOLE = "whole"
"""Stands there for each row of a table that was read whole, because changes of it could not be followed on."""
_Name = Annotated[str, Field(pattern=r"^[^/#?%\x00]+$")]


class DeltaSharingSource(Remote):
    """Read a shared table, whole or what changed since the version that came last.

    Attributes:
        profile: Reference to the profile file (接入文件) that the provider gave out; it holds address and secret.
        share: Names of share, schema and table as the provider lists them.
        changes: Read the change feed after the first delivery, in the mode ``changes``; the grant must include history.
    """

    connector: Literal["delta_sharing"]
    profile: SecretReference
    share: _Name
    schema_: _Name = Field(alias="schema")
    table: _Name
    changes: bool = False

    @property
    def deleted(self) -> Deleted | None:
        """Return what the change feed says of a row that was deleted, or had another key before."""
        if not self.changes:
            return None
        return Deleted(column=CHANGE_TYPE, values=("delete", "update_preimage"), whole=(WHOLE,))
