"""Prediction equals experiment, for every case and every version."""

from __future__ import annotations

import pytest

from .cases import VERSIONS, Case, cases, ranges
from .compare import differences, start


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_is_understood(version: int) -> None:
    catalog, problems = start(version)
    assert problems == ()
    assert catalog.relation("public.orders") is not None


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.case)
def test_prediction_equals_observation(case: Case) -> None:
    folded: dict[str, list[int]] = {}
    for version in VERSIONS:
        for difference in differences(case, version):
            folded.setdefault(str(difference), []).append(version)
    told = [f"  PostgreSQL {ranges(where)}: {text}" for text, where in folded.items()]
    assert not told, "\n".join([*case.setup, *case.pre, case.sql, *told])


def test_the_table_is_whole() -> None:
    """Every version was observed, some cases differ between versions, and some were refused."""
    assert len({case.case for case in cases()}) == len(cases()) >= 500
    for version in VERSIONS:
        assert sum(case.on(version) is not None for case in cases()) > 450
    assert any(len(case.observed) > 1 for case in cases())
