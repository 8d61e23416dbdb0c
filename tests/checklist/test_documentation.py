"""`docs/checklist.md` says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from migration_lint.checklist.catalogue import CHECKS
from migration_lint.config import load_config
from migration_lint.targets import Level, Target
from tests.project.readme import ROOT

PAGE = (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8")
BLOCKS = [block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "[targets." in block]


def test_every_check_is_on_the_page() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", PAGE.partition("## The databases")[0], re.MULTILINE) == [
        check.id for check in CHECKS
    ]


def test_every_level_of_integrity_is_on_the_page() -> None:
    assert [name for name in get_args(Level) if f"\n| `{name}`" not in PAGE] == []


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_is_a_configuration(tmp_path: Path, block: str) -> None:
    (tmp_path / "migration-lint.toml").write_text(block)
    config = load_config(str(tmp_path / "migration-lint.toml"))
    assert all(isinstance(target, Target) for target in config.targets.values())
    assert config.targets
