from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_lint.model import DownOrigin, TransactionMode
from migration_lint.sources import load
from migration_lint.sources.natural import begins, natural_key
from tests.sources.folders import empty, ids, problems, targets, write


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["10_x.sql", "2_x.sql", "1_x.sql"], ["1_x", "2_x", "10_x"]),
        (["b.sql", "a.sql", "C.sql"], ["C", "a", "b"]),
        (["a10.sql", "a9.sql", "a.sql"], ["a", "a9", "a10"]),
        (["seed.sql", "001.sql"], ["001", "seed"]),
        (["1.2_x.sql", "1.10_x.sql", "1.9_x.sql"], ["1.2_x", "1.9_x", "1.10_x"]),
        (["01_b.sql", "1_a.sql"], ["1_a", "01_b"]),
        (["a.sql", "a.SQL", "b.txt", ".a.sql"], ["a", "a.sql"]),
    ],
)
def test_order(tmp_path: Path, names: list[str], order: list[str]) -> None:
    [history] = load([write(tmp_path, empty(*names))])
    assert (history.tool, ids(history), targets(history), problems(history)) == ("sql", order, order, [])


def test_a_folder_below_with_files_of_its_own_is_a_history_of_its_own(tmp_path: Path) -> None:
    first, second = load([write(tmp_path, empty("sub/1_x.sql", "2_x.sql"))])
    assert (ids(first), ids(second)) == (["2_x"], ["1_x"])


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("x.sql", "x.down.sql"),
        ("x.up.sql", "x.down.sql"),
        ("x_up.sql", "x_down.sql"),
        ("x.sql", "x.rollback.sql"),
    ],
)
def test_a_down_script_belongs_to_its_up_script(tmp_path: Path, up: str, down: str) -> None:
    [history] = load([write(tmp_path, {up: "SELECT 1;", down: "SELECT 2;"})])
    [migration] = history.migrations
    assert migration.up.sql == "SELECT 1;"
    assert migration.up.transaction is TransactionMode.EACH
    assert migration.down is not None
    assert migration.down.sql == "SELECT 2;"
    assert migration.down_origin is DownOrigin.WRITTEN


def test_a_down_script_of_nothing_is_checked_for_itself(tmp_path: Path) -> None:
    [history] = load([write(tmp_path, empty("1_x.sql", "2_y.down.sql"))])
    assert ids(history) == ["1_x", "2_y.down"]


def test_one_file_that_cannot_be_read_leaves_the_rest(tmp_path: Path) -> None:
    root = write(tmp_path, empty("1_x.sql", "3_z.sql"))
    (tmp_path / "2_y.sql").symlink_to("nowhere")
    [history] = load([root])
    assert ids(history) == ["1_x", "3_z"]
    assert problems(history) == [("2_y.sql", 1, "cannot be read: No such file or directory")]
    assert not history.complete


@pytest.mark.parametrize(
    ("first", "complete"),
    [
        ("0_x.sql", True),
        ("001_x.sql", True),
        ("20240131_x.sql", True),
        ("20240131120000_x.sql", True),
        ("7_x.sql", False),
        ("x.sql", False),
    ],
)
def test_a_history_is_complete_where_its_first_number_says_so(
    tmp_path: Path, first: str, complete: bool
) -> None:
    [history] = load([write(tmp_path, empty(first))])
    assert history.complete is complete


@given(st.lists(st.text(alphabet="019a_.B²", min_size=1, max_size=6), unique=True))
def test_the_order_is_total(names: list[str]) -> None:
    ordered = sorted(names, key=natural_key)
    assert all(natural_key(ordered[n]) < natural_key(ordered[n + 1]) for n in range(len(names) - 1))
    assert len({natural_key(name) for name in names}) == len(names)


def test_nothing_begins_without_a_number() -> None:
    assert not begins(None)


def test_up_and_down_in_folders_of_their_own(tmp_path: Path) -> None:
    files = {f"m/{way}/{n}_a.sql": f"SELECT {n};\n" for way in ("up", "down") for n in (1, 2, 10)}
    write(tmp_path, {**files, "m/up/11_b.sql": "SELECT 11;\n"})
    for place in ("", "m"):
        [history] = load([f"{tmp_path}/{place}".rstrip("/")])
        assert (history.root, ids(history)) == (f"{tmp_path}/m", ["1_a", "2_a", "10_a", "11_b"])
        ways = [each.down.document.path[len(history.root) :] for each in history.migrations if each.down]
        assert ways == ["/down/1_a.sql", "/down/2_a.sql", "/down/10_a.sql"]
        assert problems(history) == []
    [history] = load([f"{tmp_path}/m/up/2_a.sql"])
    assert (targets(history), len(history.migrations)) == (["2_a"], 4)


def test_folders_of_years_are_one_history(tmp_path: Path) -> None:
    write(tmp_path, {f"db/{name}.sql": "SELECT 1;\n" for name in ("2024/02_c", "2023/01_a", "2024/01_b")})
    for place in ("", "db"):
        [history] = load([f"{tmp_path}/{place}".rstrip("/")])
        assert ids(history) == ["2023/01_a", "2024/01_b", "2024/02_c"]
        assert (problems(history), history.complete) == ([], True)
    [history] = load([f"{tmp_path}/db/2024/02_c.sql"])
    assert (targets(history), len(history.migrations)) == (["2024/02_c"], 3)
