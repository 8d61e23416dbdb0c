"""Whatever lies in a folder, it is read without a traceback and nothing in it is passed over."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import migration_lint
from migration_lint.sources import detect, find, load
from migration_lint.sources.source import names, sources
from tests.sources.folders import write

PARTS = st.sampled_from(
    ["V1", "V01", "V2.0", "V9_9", "U1", "B1", "R", "1", "01", "20240101", "x", "__", "_", ".", ".up", ".down"]
)
ENDS = st.sampled_from(
    [
        ".py",
        "/migration.sql",
        ".sql",
        ".SQL",
        ".sql.conf",
        ".java",
        ".conf",
        "",
        ".up.sql",
        ".down.sql",
        "/up.sql",
    ]
)
TOOL = st.sampled_from([None, *sorted(source.name for source in sources())])
MARKS = st.lists(
    st.sampled_from(
        """
        -- +goose Up|-- +goose Down|-- +goose StatementBegin|-- +goose ENVSUB ON|-- +migrate Up
        |-- +migrate Down|-- migrate:up|-- migrate:down transaction:false|-- rambler up|-- rambler down
        |-- //@UNDO|---- create above / drop below ----|{{ .x }}|-- Up Migration|-- Down Migration
        |-- no-transaction|-- atlas:txtar|-- atlas:checkpoint|-- migration.sql --|-- atlas:delimiter x
        |--! Hash: sha1:0|-- depends: 1|from yoyo import step|step("SELECT 1")|SELECT 1;|$$|;|||${x}
        """.split("|")
    ).map(str.strip),
    max_size=8,
).map(lambda found: "\n".join(found).encode())
FILES = st.dictionaries(
    st.builds(lambda parts, end: "".join(parts) + end, st.lists(PARTS, min_size=1, max_size=4), ENDS).filter(
        lambda name: name.partition("/")[0] not in (".", "..")
    ),
    st.one_of(
        MARKS, st.binary(max_size=40), st.sampled_from([b"SELECT '${x}';", b"VACUUM", b"/*", b"$$", b"E'\\"])
    ),
    max_size=8,
)


@settings(deadline=None)
@given(FILES, TOOL)
def test_any_folder(files: dict[str, bytes], tool: str | None) -> None:
    with tempfile.TemporaryDirectory() as root:
        for name, content in files.items():
            path = Path(root, name)
            if any(part.is_file() for part in path.parents) or path.is_dir():
                continue
            write(Path(root), {name: content})
        assert set(detect(root)) <= {source.name for source in sources()}
        find(root)
        for history in load([root], tool=tool):
            seen = [migration.id for migration in history.migrations]
            assert history.errors or seen
            assert len(seen) == len(set(seen))
            assert history.targets == set(seen)
            assert history.migrations or history.errors
            for migration in history.migrations:
                span = migration.up.span(0, len(migration.up.sql))
                assert span.end <= len(migration.up.document.text)


@settings(deadline=None)
@given(FILES, TOOL)
def test_no_sql_file_is_passed_over(files: dict[str, bytes], tool: str | None) -> None:
    flat = {name: content for name, content in files.items() if "/" not in name and name[0] != "."}
    with tempfile.TemporaryDirectory() as root:
        write(Path(root), flat)
        told: set[str] = set()
        for history in load([root], tool=tool):
            told.update(error.path for error in history.errors)
            for migration in history.migrations:
                told.add(migration.path)
                if migration.down:
                    told.add(migration.down.document.path)
        assert {f"{root}/{name}" for name in flat if name.endswith(".sql")} <= told


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/1_\xff.sql"
    with open(path, "wb") as file:  # noqa: PTH123 - pathlib takes no bytes
        file.write(b"SELECT 1;")
    [history] = load([str(tmp_path)])
    assert [os.fsencode(migration.path) for migration in history.migrations] == [path]


def test_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(900):
        deep = deep / "d"
    deep.mkdir(parents=True)
    write(tmp_path, {"V1__a.sql": ""})
    (deep / "V2__b.sql").write_text("")
    [history] = load([str(tmp_path)])
    assert [migration.id for migration in history.migrations] == ["V1", "V2"]


@pytest.mark.parametrize(
    "mark", ["${", "VACUUM ", "$a$", "'", '"', "/*", "(", ";", "E'\\", "--\n", "$", "COPY STDIN;"]
)
def test_a_large_hostile_script(tmp_path: Path, mark: str) -> None:
    text = "vacuum; " + mark * (1_000_000 // len(mark))
    [history] = load([write(tmp_path, {"V1__a.sql": text})])
    assert history.migrations[0].up.document.text == text


def test_the_tools_are_found_in_a_zip_file(tmp_path: Path) -> None:
    package = Path(next(iter(migration_lint.__path__)))
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in package.rglob("*.py"):
            file.write(path, path.relative_to(package.parent))
    program = "from migration_lint.sources import source; print(source.__file__, *source.names())"
    environment = {**os.environ, "PYTHONPATH": str(archive)}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    place, *found = ended.stdout.split()
    assert place.startswith(str(archive))
    assert found == names()
