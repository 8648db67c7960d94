"""Negotiation of the ``delta-sharing-capabilities`` header: form of the answer, features the reader knows.

Here: reading the header and choosing. Not here: the lines of either form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from serving.sharing.refusals import invalid, unsupported

CAPABILITIES_HEADER = "delta-sharing-capabilities"
Form = Literal["parquet", "delta"]
_LOG_ONLY = frozenset({"v2Checkpoint", "vacuumProtocolCheck", "domainMetadata", "inCommitTimestamp"})
"""Features of a log that the receiver never sees: the files and the metadata it is sent stand without them."""
_HIDDEN_SETTINGS = frozenset({"delta.enableInCommitTimestamps"})
"""A log of one made-up commit holds no such time; readers of changes refuse it."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Say what the client can read.

    Attributes:
        forms: Forms of the answer; ``features`` of readers, in small letters.
        end_stream: Whether a closing line is wanted.
    """

    forms: tuple[Form, ...] = ("parquet",)
    features: frozenset[str] = frozenset()
    end_stream: bool = False

    @classmethod
    def read(cls, header: str | None) -> "Capabilities":
        """Read the header; keys and values in any case, unknown keys passed over.

        Raises:
            Refusal: No form is named that the server knows.
        """
        given: dict[str, list[str]] = {}
        for part in (header or "").split(";"):
            key, _, values = part.partition("=")
            given[key.strip().casefold()] = [v.strip().casefold() for v in values.split(",") if v.strip()]
        named = given.get("responseformat", ["parquet"])
        forms: tuple[Form, ...] = tuple(f for f in ("parquet", "delta") if f in named)  # type: ignore[misc]
        if not forms:
            raise invalid("responseformat: parquet, delta")
        features = frozenset(given.get("readerfeatures", ()))
        return cls(forms, features, given.get("includeendstreamaction") == ["true"])

    def choose(self, protocol: Mapping[str, Any], configuration: Mapping[str, str]) -> Form:
        """Choose the form for a table.

        Raises:
            Refusal: The table needs what the client did not say it can read.
        """
        needed = reader_features(protocol, configuration)
        if not needed and "parquet" in self.forms:
            return "parquet"
        if "delta" in self.forms and {f.casefold() for f in needed} <= self.features:
            return "delta"
        raise unsupported(
            f"Unsupported Delta Table Properties: {', '.join(sorted(needed)) or 'responseformat'}"
        )

    def echo(self, form: Form, *, ends: bool = False) -> str:
        """Return the header of the answer."""
        return f"responseformat={form}" + (";includeendstreamaction=true" if ends else "")


def reader_features(protocol: Mapping[str, Any], configuration: Mapping[str, str]) -> set[str]:
    """List the features that a reader of the files must know."""
    features = set(protocol.get("readerFeatures") or ()) - _LOG_ONLY
    if (
        int(protocol["minReaderVersion"]) == 2
        or configuration.get("delta.columnMapping.mode", "none") != "none"
    ):
        features.add("columnMapping")
    return features


def sent_protocol(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table's protocol as it is sent in the delta form: without what concerns the log only."""
    sent: dict[str, Any] = {
        "minReaderVersion": protocol["minReaderVersion"],
        "minWriterVersion": protocol["minWriterVersion"],
    }
    for key in ("readerFeatures", "writerFeatures"):
        if protocol.get(key) is not None:
            sent[key] = [f for f in protocol[key] if f not in _LOG_ONLY]
    return sent


def sent_configuration(configuration: Mapping[str, str]) -> dict[str, str]:
    """Return a table's properties as they are sent in the delta form."""
    return {key: value for key, value in configuration.items() if key not in _HIDDEN_SETTINGS}
