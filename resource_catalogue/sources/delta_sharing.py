"""Delta Sharing: a table that another node (节点) of the platform shares, such as a county's with its city."""

from typing import Annotated, Literal

from pydantic import Field

from resource_catalogue.sources.remote import Remote, SecretReference

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
