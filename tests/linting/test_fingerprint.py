from __future__ import annotations

import pytest

from migration_lint.linting.runner import Linted
from tests.linting.world import ORDERS, checked, history, linted

INDEX = "create index on orders (user_id);"


def prints(result: Linted) -> list[str]:
    return [finding.fingerprint for finding in result.findings]


@pytest.mark.parametrize(
    "sql",
    [
        "\n\n-- a comment\n" + INDEX,
        "select 1;\n" + INDEX,
        "create   index -- why\n\ton orders /* this */ (user_id) ;",
        INDEX.replace("\n", "\r\n"),
    ],
)
def test_a_fingerprint_survives_lines_and_comments(sql: str) -> None:
    assert prints(linted(sql)) == prints(linted(INDEX))


def test_a_fingerprint_survives_another_folder() -> None:
    def at(folder: str) -> Linted:
        files = {f"{folder}/old.sql": ORDERS, f"{folder}/new.sql": INDEX}
        whole = history(files, {f"{folder}/new"})
        from msgspec.structs import replace

        renamed = tuple(replace(m, id=m.id.rpartition("/")[2]) for m in whole.migrations)
        return checked(replace(whole, migrations=renamed, targets=frozenset({"new"})))

    assert prints(at("db")) == prints(at("elsewhere/migrations"))


def test_a_fingerprint_tells_statements_apart() -> None:
    assert prints(linted(INDEX)) != prints(linted(INDEX.replace("user_id", "id")))


def test_equal_statements_have_fingerprints_of_their_own() -> None:
    found = prints(linted(f"{INDEX}\n{INDEX}\n{INDEX}"))
    assert len(found) == len(set(found)) == 3
    assert found[0] == prints(linted(INDEX))[0]
