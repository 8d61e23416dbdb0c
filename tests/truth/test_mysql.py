"""The engine predicts what every observed MySQL and MariaDB server did."""

from __future__ import annotations

import pytest

from .mysql_cases import BANDS, Case, cases
from .mysql_compare import differences, step_of


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.case)
def test_prediction_equals_observation(case: Case) -> None:
    found: dict[str, list[str]] = {}
    for band, (flavour, versions) in BANDS.items():
        observed = case.on(band)
        for version in versions if observed is not None else ():
            assert observed is not None
            for difference in differences(case, observed, step_of(case, flavour, version)):
                found.setdefault(difference, []).append(f"{flavour} {version}")
    assert found == {}


def test_the_table_is_whole() -> None:
    assert len(cases()) >= 150
    assert {band for case in cases() for one in case.observed for band in one.bands} == set(BANDS)
