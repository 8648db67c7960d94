"""Push (实时报送): an agency's system posts its records as they arise (Yancheng a15: 电子证照实时汇聚)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from resource_catalogue.sources.reading import Reading
from resource_catalogue.sources.remote import Remote, SecretReference

_NEEDLESS = {
    name: field.default
    for name, field in Reading.model_fields.items()
    if name not in ("connector", "submitted_by")
}
"""What is said of bytes that others lay out, with the defaults that leave it unsaid."""
_SEGMENT_BYTES = 50_000_000


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class PushSource(Remote):
    """Take records that are posted to ``/push/<resource>``, in the order in which they were acknowledged.

    Attributes:
        token: Reference to the token that the agency's system shows; several while one takes the other's place.
        max_records: Most records of one request; ``max_request_bytes`` likewise.
        keep_keys_days: How long a request is known again by its idempotency key.
        max_bytes: Most bytes of one delivery; what waits beyond makes another.
    """

    connector: Literal["push"]
    token: Annotated[tuple[SecretReference, ...], BeforeValidator(_listed), Field(min_length=1, max_length=8)]
    max_records: int = Field(default=1000, ge=1, le=10_000)
    max_request_bytes: int = Field(default=1_048_576, ge=1024, le=16_777_216)
    keep_keys_days: int = Field(default=7, ge=1, le=366)
    max_bytes: int = Field(default=_SEGMENT_BYTES, gt=0, le=500_000_000)

    @model_validator(mode="after")
    def _read_as_sent(self) -> "PushSource":
        needless = [name for name, unsaid in _NEEDLESS.items() if getattr(self, name) != unsaid]
        if needless:
            raise ValueError(
                f"推送的记录无须 {', '.join(needless)} / pushed records are read as they are, without these keys"
            )
        return self
