"""The names of the catalogue's entries: those of the newest release, read once for each."""

from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from lake.release_rows import RELEASES
from resource_catalogue.errors import LakeError
from serving import catalogue_names
from serving.catalogue_names import CatalogueNames


class Releases:
    """A lake whose newest release a test sets: its version and its resources."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.newest: int | None = None
        self.resources: dict[str, Any] = {}
        self.read = 0
        monkeypatch.setattr(catalogue_names, "current_release", self.release)

    def version(self, table: object) -> int | None:
        assert table == RELEASES
        if self.newest == -2:
            raise LakeError("catalogue.releases", "busy")
        return self.newest

    def release(self, lake: object) -> Any:
        assert lake is self
        self.read += 1
        return SimpleNamespace(catalogue=SimpleNamespace(resources=self.resources, datasets={"shops": None}))


def test_the_names_are_those_of_the_newest_release_and_are_kept_where_it_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    releases = Releases(monkeypatch)
    names = CatalogueNames(releases)  # type: ignore[arg-type]
    assert "base.person" in anyio.run(names)
    for newest, resource in ((0, "police.permits"), (1, "tax.payers")):
        releases.newest, releases.resources = newest, {resource: None}
        for _ in range(3):
            assert {resource, "shops", "base.person"} <= anyio.run(names)
    assert releases.read == 2
    releases.newest = -2
    assert "tax.payers" in anyio.run(names)
    assert "police.permits" not in anyio.run(names)
