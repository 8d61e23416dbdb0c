from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.sources import find, load

SHIPPED = Path(__file__).parents[2] / "fixtures" / "histories"


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_a_shipped_history_is_read_by_the_tool_in_its_name(folder: Path) -> None:
    [history] = load([str(folder)])
    assert folder.name.startswith(history.tool)
    assert history.errors == ()
    assert history.complete
    assert len(history.migrations) >= 3
    found = [tool for path, tool in find(str(SHIPPED)) if f"{path}/".startswith(f"{folder.as_posix()}/")]
    assert found == [history.tool]


def test_there_are_shipped_histories() -> None:
    assert len(list(SHIPPED.iterdir())) >= 9
