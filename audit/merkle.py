"""Inclusion proofs: that one record is among those whose root was signed, without the others (RFC 9162).

Here: making the proofs. Not here: the root and the check of a proof (``verifier.py``).
"""

from collections.abc import Iterable, Sequence

from audit.verifier import leaf_of, node_of


def inclusion_paths(hashes: Iterable[str], indexes: Sequence[int]) -> list[list[str]]:
    """Return for each index the hashes that lead from its record to the root.

    Args:
        hashes: Hashes of all records of a day, in order.
        indexes: Places of the records to prove, from 0.
    """
    level, at = [leaf_of(hash_) for hash_ in hashes], list(indexes)
    paths: list[list[str]] = [[] for _ in indexes]
    while len(level) > 1:
        for path, index in zip(paths, at, strict=True):
            # The last one of an odd level has no partner and rises as it is.
            if index ^ 1 < len(level):
                path.append(level[index ^ 1].hex())
        at = [index >> 1 for index in at]
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [node_of(left, right) for left, right in pairs] + (level[-1:] if len(level) % 2 else [])
    return paths
