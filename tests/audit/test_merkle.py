"""Merkle roots and inclusion proofs (RFC 9162)."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import inclusion_paths
from audit.verifier import Tree, leaf_of, node_of, root_by_path

HASHES = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=70)


def root_of(hashes: list[str]) -> str:
    tree = Tree()
    for one in hashes:
        tree.add(one)
    return tree.root()


def by_definition(hashes: list[str]) -> bytes:
    """Compute the root as RFC 9162, 2.1.1 defines it: split at the largest power of two below the number."""
    if len(hashes) == 1:
        return leaf_of(hashes[0])
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_of(by_definition(hashes[:split]), by_definition(hashes[split:]))


@given(HASHES)
def test_the_root_is_that_of_the_definition(hashes: list[str]) -> None:
    assert root_of(hashes) == by_definition(hashes).hex()


@given(HASHES, st.data())
def test_every_record_is_proved_by_its_path_and_no_other_is(hashes: list[str], data: st.DataObject) -> None:
    root, count = root_of(hashes), len(hashes)
    index = data.draw(st.integers(0, count - 1))
    path = inclusion_paths(hashes, [index])[0]
    assert root_by_path(hashes[index], index, count, path) == root
    other = data.draw(st.binary(min_size=32, max_size=32)).hex()
    if other != hashes[index]:
        assert root_by_path(other, index, count, path) != root
    elsewhere = data.draw(st.integers(-1, count))
    if elsewhere != index and (not 0 <= elsewhere < count or hashes[elsewhere] != hashes[index]):
        assert root_by_path(hashes[index], elsewhere, count, path) != root


@given(HASHES, st.data())
def test_a_changed_shortened_or_lengthened_path_proves_nothing(
    hashes: list[str], data: st.DataObject
) -> None:
    root, count = root_of(hashes), len(hashes)
    index = data.draw(st.integers(0, count - 1))
    path = inclusion_paths(hashes, [index])[0]
    assert root_by_path(hashes[index], index, count, [*path, "00" * 32]) != root
    if path:
        assert root_by_path(hashes[index], index, count, path[:-1]) != root
        place = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:place], hashlib.sha256(path[place].encode()).hexdigest(), *path[place + 1 :]]
        assert root_by_path(hashes[index], index, count, changed) != root


def test_the_root_of_no_records_is_the_hash_of_nothing() -> None:
    assert Tree().root() == hashlib.sha256(b"").hexdigest()


def test_a_node_is_never_taken_for_a_leaf() -> None:
    left, right = "11" * 32, "22" * 32
    inner = node_of(leaf_of(left), leaf_of(right)).hex()
    assert root_of([inner]) != root_of([left, right])
