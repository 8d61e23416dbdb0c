"""Hunks, as git writes them."""

from __future__ import annotations

import pytest

from migration_lint.publish.github.diff import changed_file

from .world import FILE, patch

OLD = "".join(f"line {number}\n" for number in range(1, 41))


@pytest.mark.parametrize(
    ("old", "new", "hunks"),
    [
        (None, "a\n", ((1, 1),)),
        (None, "a\nb\nc\n", ((1, 3),)),
        (None, "a\nb", ((1, 2),)),
        (OLD, OLD.replace("line 20\n", "x\n"), ((17, 23),)),
        (OLD, OLD.replace("line 20\n", ""), ((17, 22),)),
        (OLD, OLD.replace("line 5\n", "x\ny\n").replace("line 35\n", "z\n"), ((2, 9), (33, 39))),
        (OLD, "", ()),
        (OLD, OLD + "@@ -1,5 +1,5 @@\n", ((38, 41),)),
    ],
)
def test_hunks(old: str | None, new: str, hunks: tuple[tuple[int, int], ...]) -> None:
    assert changed_file(FILE, "modified", patch(old, new)).hunks == hunks


@pytest.mark.parametrize("text", ["a\n", "a\nb", "\n\n", "-- x\n+y\n\\ z\n", "a\r\nb\r\n", "@@ -1 +1 @@\n"])
def test_the_text_of_a_new_file(text: str) -> None:
    assert changed_file(FILE, "added", patch(None, text)).text == text
    assert changed_file(FILE, "modified", patch(None, text)).text is None


def test_a_file_without_a_patch() -> None:
    assert changed_file(FILE, "added", None).hunks == ()
    assert changed_file(FILE, "added", None).text is None
