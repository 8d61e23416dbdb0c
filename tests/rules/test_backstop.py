"""No stall is left to the backstop: a rule of its own says what to do instead."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest

from migration_lint.catalog import Catalog
from migration_lint.engines.postgres.engine import PostgresEngine
from migration_lint.linting.runner import Linted, lint
from migration_lint.linting.selection import Choice, Selection, select
from migration_lint.linting.walk import walk
from migration_lint.model import Document, History, Migration, Script

from ..truth.cases import VERSIONS, Case, cases, schema
from .pages import rules

BACKSTOP = "unexplained-stall"
ORDERS = """
create table users (id bigint primary key);
create domain positive as int check (value > 0);
create table orders (id bigint primary key, user_id bigint references users, total int, number int not null,
    note text check (note is not null), price numeric(10, 2), placed date default current_date,
    gross int generated always as (total + 1) stored, label varchar(20));
alter table orders add constraint unchecked check (total > 0) not valid;
alter table orders add constraint unchecked_key foreign key (user_id) references users not valid;
create index orders_total_idx on orders (total);
create unique index orders_number_key on orders (number);
create index orders_label_idx on orders (lower(label));
"""
CLAUSES = """
add column new int
add column new_volatile float default random()
add column new_check int check (new_check > 0)
add column new_unique int unique
add column new_reference bigint references users
add column new_reference_default bigint default 1 references users
add column new_domain positive
add column new_serial serial
add column new_identity int generated always as identity
add column new_stored int generated always as (total) stored
drop column placed
alter total type bigint
alter label type varchar(30)
alter price type text
alter total set not null
alter note set not null
alter number drop not null
alter total set default 1
alter gross drop expression
add constraint a_check check (number > 0)
add constraint a_check_later check (number > 0) not valid
add constraint a_unique unique (label)
add constraint a_unique_adopted unique using index orders_number_key
add constraint a_key foreign key (total) references users
add constraint a_key_later foreign key (total) references users not valid
add constraint an_exclusion exclude (number with =)
validate constraint unchecked
validate constraint unchecked_key
drop constraint orders_note_check
alter constraint orders_user_id_fkey deferrable
set unlogged
set (fillfactor = 50)
disable trigger all
cluster on orders_total_idx
replica identity full
""".strip().splitlines()


@pytest.mark.parametrize("version", VERSIONS)
def test_no_case_of_the_truth_table(version: int) -> None:
    start = _after(schema(), version)
    found = [
        case.case for case in cases() if _observed(case, version) and BACKSTOP in _of(case, version, start)
    ]
    assert found == []


def test_no_two_clauses_of_one_alter_table() -> None:
    start = _after(ORDERS, 18)
    found = []
    for pair in combinations(CLAUSES, 2):
        result = _linted(f"alter table orders {', '.join(pair)};", 18, start)
        assert result.errors == (), pair
        if BACKSTOP in {finding.rule for finding in result.findings}:
            found.append(pair)
    assert found == []


def _observed(case: Case, version: int) -> bool:
    observed = case.on(version)
    return observed is not None and observed.error is None


def _of(case: Case, version: int, start: Catalog) -> set[str]:
    before = "".join(f"{sql};\n" for sql in case.setup)
    text = "".join(f"{sql};\n" for sql in (*case.settings, *case.pre, case.sql))
    sql = f"begin;\n{text}commit;\n" if case.pre else text
    return {finding.rule for finding in _linted(sql, version, start, before).findings}


def _linted(sql: str, version: int, start: Catalog, before: str = "") -> Linted:
    history = History("", "sql", (_migration("0", before), _migration("1", sql)), frozenset({"1"}))
    return lint([history], _engine(version), _selection(version), start=start)


def _migration(name: str, sql: str) -> Migration:
    return Migration(name, "sql", Script(Document(f"{name}.sql", sql), sql))


@cache
def _engine(version: int) -> PostgresEngine:
    return PostgresEngine(str(version))


@cache
def _selection(version: int) -> Selection:
    return select(rules(), Choice(), _engine(version).name)


def _after(sql: str, version: int) -> Catalog:
    history = History("", "sql", (_migration("0", sql),), frozenset({"0"}))
    (walked,) = walk(history, _engine(version))
    return walked.runs[0].outcome.after
