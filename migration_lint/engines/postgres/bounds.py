"""Bounds of partitions against each other and the table's key: ``check_new_partition_bound``."""

from __future__ import annotations

from collections.abc import Iterator

from migration_lint.engines.postgres.expressions import accepts_null, apart, interval_of_bound
from migration_lint.schema import PartitionBound, Relation

_SHOWN = {"l": "list", "r": "range", "h": "hash"}


def wrong_bound(parent: Relation, bound: PartitionBound) -> Iterator[str]:
    """Why the bound is none for the table's key."""
    key, tree = parent.partition_key, bound.tree
    if key is None or not isinstance(tree, dict):
        return
    if bound.default:
        if key.strategy == "hash":
            yield "a hash-partitioned table may not have a default partition"
        return
    if _SHOWN.get(tree.get("strategy", "")) != key.strategy:
        yield f"invalid bound specification for a {key.strategy} partition"
        return
    if key.strategy == "range":
        for side, shown in (("lowerdatums", "FROM"), ("upperdatums", "TO")):
            if len(tree.get(side) or ()) != len(key.columns):
                yield f"{shown} must specify exactly one value per partitioning column"
        wanted = interval_of_bound(bound)
        if (
            wanted is not None
            and wanted.low is not None
            and wanted.high is not None
            and apart(wanted, wanted)
        ):
            yield "empty range bound specified for partition"


def overlapping(one: PartitionBound, other: PartitionBound, parent: Relation) -> bool:
    """Whether some value belongs to both, for certain; ranges and lists of one column, and hashes."""
    key = parent.partition_key
    if one.default or other.default or key is None:
        return False
    a, b = one.tree, other.tree
    if key.strategy == "hash" and isinstance(a, dict) and isinstance(b, dict):
        return _same_remainder(a, b)
    if len(key.columns) != 1:
        return False
    if key.strategy == "list" and accepts_null(one) and accepts_null(other):
        return True
    mine, theirs = interval_of_bound(one), interval_of_bound(other)
    if mine is None or theirs is None:
        return False
    if mine.values is not None and theirs.values is not None:
        return bool(mine.values & theirs.values)
    if mine.values is not None or theirs.values is not None:
        return False
    numbers = [end for end in (mine.low, mine.high, theirs.low, theirs.high) if end is not None]
    if not all(isinstance(end, (int, float)) for end in numbers) and not all(
        isinstance(end, str) for end in numbers
    ):
        return False
    return not apart(mine, theirs)


def _same_remainder(one: dict[str, object], other: dict[str, object]) -> bool:
    first, second = one.get("modulus"), other.get("modulus")
    if not isinstance(first, int) or not isinstance(second, int):
        return False
    small = min(first, second)
    left, right = one.get("remainder", 0), other.get("remainder", 0)
    return isinstance(left, int) and isinstance(right, int) and left % small == right % small
