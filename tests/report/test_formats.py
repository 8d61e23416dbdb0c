"""Every format of one report with every odd case: files under `snapshots/formats` hold them whole.

``python -m tests.report.test_formats`` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from migration_lint import __version__
from migration_lint.model import Error
from migration_lint.report import formats
from tests.report.odd import VIEW, odd
from tests.report.world import INDEX, report

SNAPSHOTS = Path(__file__).parent / "snapshots" / "formats"


def shown(name: str) -> str:
    """The format, without what changes for other reasons: our version, and the style of pages."""
    text = formats.by_name(name).render(odd(), VIEW).replace(f'"{__version__}"', '"VERSION"')
    return re.sub(r"<style>.*?</style>|sha256-[\w+/=]+", "STYLE", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", formats.names())
def test_the_report_is_as_it_was_reviewed(name: str) -> None:
    with (SNAPSHOTS / f"odd.{name}").open(encoding="utf-8", newline="") as file:
        assert shown(name) == file.read()


def test_no_snapshot_is_left_over() -> None:
    assert {path.name for path in SNAPSHOTS.iterdir()} == {f"odd.{name}" for name in formats.names()}


@pytest.mark.parametrize("name", formats.names())
def test_a_clean_report_ends_with_a_line_break(name: str) -> None:
    text = formats.by_name(name).render(report(), VIEW)
    assert text == "" or text.endswith("\n")


@pytest.mark.parametrize("name", formats.names())
def test_what_is_no_unicode_is_shown_all_the_same(name: str) -> None:
    odd_names = replace(INDEX, why="\udcff", relation="\ud800", span=replace(INDEX.span, path="\udcff.sql"))
    text = formats.by_name(name).render(report(odd_names, errors=(Error("\udcff", 1, "\udcff"),)), VIEW)
    assert text.encode()


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    for format_name in formats.names():
        with (SNAPSHOTS / f"odd.{format_name}").open("w", encoding="utf-8", newline="") as file:
            file.write(shown(format_name))
