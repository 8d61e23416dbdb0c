"""Changelogs that are broken, or written to break: a clear error each, and the rest is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from migration_lint.sources import load

from ..folders import problems, write
from .changelogs import HEAD, change_set, sql, ups, xml

GOOD = xml(change_set("good", sql("select 'good'")))
BODY = "<changeSet id='1' author='a'><sql>select '&lol2;'</sql></changeSet></databaseChangeLog>"
LAUGHS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10))
DEEP = "<a>" * 200 + "</a>" * 200
ANCHORS = "".join(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))

BROKEN = {
    "laughs.xml": (
        f'<!DOCTYPE x [<!ENTITY lol0 "lol">{LAUGHS}]>{HEAD}{BODY}',
        1,
        "a document type (DOCTYPE) is not read, nor are entities; write it without",
    ),
    "external.xml": (
        f'<!DOCTYPE x SYSTEM "file:///etc/passwd">\n{HEAD}</databaseChangeLog>',
        1,
        "a document type (DOCTYPE) is not read",
    ),
    "half.xml": (GOOD[:-25], 2, "not well-formed XML: "),
    "other.xml": ("<web-app><!-- <databaseChangeLog> --></web-app>", 1, "no changelog: its root is web-app"),
    "deep.xml": (xml(DEEP), 2, "more than 100 elements in one another"),
    "loop.xml": (xml('<include file="loop.xml"/>'), 2, "a loop: "),
    "missing.xml": (xml('<include file="nowhere.xml"/>'), 2, "nowhere.xml: no such file or folder"),
    "missing-folder.xml": (xml('<includeAll path="nowhere"/>'), 2, "nowhere: no such file or folder"),
    "outside.xml": (
        xml('<include file="../../../../../../../../etc/passwd"/>'),
        2,
        "lies outside the repository",
    ),
    "no-file.xml": (xml("<include/>"), 2, "include names no file"),
    "no-id.xml": (xml("<changeSet author='a'/>"), 2, "a changeSet without an id"),
    "large.xml": (xml(change_set("1", sql("select 1" + " " * 50_000_000))), 1, "larger than 32 MB: not read"),
    "long.yaml": ("databaseChangeLog:\n" + "#\n" * 6_000_000, 1, "12 million characters are too many"),
    "tag.yaml": (
        "databaseChangeLog:\n- changeSet:\n    id: !!python/object/apply:os.system ['true']\n",
        3,
        "the YAML tag tag:yaml.org,2002:python/object/apply:os.system is not read",
    ),
    "half.yaml": ("databaseChangeLog:\n- changeSet: {id: 1\n", 3, "not YAML: "),
    "anchors.yaml": (
        f"x0: &a0 [1, 2]\n{ANCHORS}databaseChangeLog:\n- changeSet: *a9\n",
        1,
        "its aliases make far more of it than is written",
    ),
    "itself.yaml": ("databaseChangeLog: &a\n- changeSet: *a\n", 1, "more than 100 elements in one another"),
    "half.json": ('{"databaseChangeLog": [', 1, "not JSON: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_clear_error_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    text, line, message = BROKEN[name]
    begun = time.monotonic()
    master = xml(f'<include file="{name}"/>', '<include file="good.xml"/>')
    folder = write(tmp_path, {"master.xml": master, "good.xml": GOOD, name: text})
    [history] = load([folder])
    told = [(path, told) for path, at, told in problems(history) if at == line or line == 1]
    assert any(path == name and message in said for path, said in told), problems(history)
    assert ups(history) == ["select 'good'"]
    assert not history.complete
    assert time.monotonic() - begun < 20


def test_links_out_of_the_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.sql"
    secret.write_text("select 'secret'")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    changes = [
        change_set("1", '<sqlFile path="link.sql"/>'),
        change_set("2", '<loadData tableName="t" file="link.sql"/>'),
    ]
    master = xml(
        *changes, '<include file="link.sql"/>', '<includeAll path="all"/>', '<include file="good.xml"/>'
    )
    folder = write(
        tmp_path / "repository", {"master.xml": master, "good.xml": GOOD, "all/a.sql": "select 'a'"}
    )
    for place in ("link.sql", "all/link.sql"):
        (tmp_path / "repository" / place).symlink_to(secret)
    [history] = load([folder])
    told = problems(history)
    assert [line for _, line, said in told if "lies outside the repository: it is not read" in said] == [
        4,
        5,
        2,
        3,
    ]
    assert ups(history) == ["", "", "select 'a'", "select 'good'"]


def test_links_in_circles(tmp_path: Path) -> None:
    folder = write(tmp_path, {"master.xml": xml('<includeAll path="all"/>'), "all/a.sql": "select 'a'"})
    (tmp_path / "all" / "again").symlink_to(tmp_path / "all")
    [history] = load([folder])
    assert ups(history) == ["select 'a'"]


def test_a_changelog_that_includes_itself_by_a_long_way(tmp_path: Path) -> None:
    files = {
        f"{n}.xml": xml(f'<include file="{(n + 1) % 5}.xml"/>', change_set("1", sql(f"select {n}")))
        for n in range(5)
    }
    [history] = load([write(tmp_path, files)])
    [(path, line, message)] = problems(history)
    assert (path, line) == ("4.xml", 2)
    assert message.startswith("a loop: ")
    assert len(history.migrations) == 5
