"""Migrations as a real project has them, from a seed: the same every time."""

from __future__ import annotations

import random
from pathlib import Path

_NOUNS = """
account address article audit basket batch booking branch campaign carrier category channel charge
claim comment company contact contract coupon courier credit customer delivery deposit device
discount document event export feature feed file filter grant group import invoice item journal
label ledger license listing location login member message meter note notice offer option order
outlet package parcel partner payment permit plan policy price product profile project promotion
provider quote rating receipt refund region report request return review role route sale schedule
segment session shipment shop signal stock store supplier survey tag task tax team tenant ticket
token transfer user vendor visit voucher
""".split()
_COLUMNS = (
    "title varchar(200)",
    "state varchar(20) NOT NULL DEFAULT 'new'",
    "amount numeric(12, 2)",
    "quantity integer NOT NULL DEFAULT 0",
    "active boolean NOT NULL DEFAULT true",
    "payload jsonb",
    "external_id uuid",
    "happened_on date",
    "updated_at timestamptz NOT NULL DEFAULT now()",
)


class _Schema:
    """What the migrations so far have made, so that the next one has something to change."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - not a secret
        self.tables: list[str] = []
        self.number = 0

    def migration(self) -> str:
        """The text of the next migration: one to four statements with their comments."""
        self.number += 1
        parts = [f"-- Ticket {1000 + self.number}: {self._noun()} and {self._noun()}\n"]
        if not self.tables or self.random.random() < 0.25:
            parts.append(self._create_table())
        else:
            parts.append("SET lock_timeout = '2s';\n")
            changes = (self._add_column, self._alter, self._index, self._insert, self._backfill)
            for change in self.random.choices(changes, weights=(4, 3, 3, 2, 1), k=self.random.randint(1, 3)):
                parts.append(change())
        return "\n".join(parts)

    def _noun(self) -> str:
        return self.random.choice(_NOUNS)

    def _table(self) -> str:
        return self.random.choice(self.tables)

    def _create_table(self) -> str:
        name = f"{self._noun()}_{self._noun()}_{self.number}"
        chosen = self.random.sample(_COLUMNS, self.random.randint(3, 8))
        lines = ["id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "name text", *chosen]
        if self.tables and self.random.random() < 0.5:
            lines.append(f"owner_id bigint REFERENCES {self._table()} (id)")
        self.tables.append(name)
        body = ",\n    ".join(lines)
        comment = f"COMMENT ON TABLE {name} IS 'One {self._noun()} each.';\n"
        return f"CREATE TABLE {name} (\n    {body}\n);\n\n{comment}"

    def _column(self) -> str:
        return f"{self._noun()}_{self.number}_{self.random.randint(0, 999)}"

    def _add_column(self) -> str:
        kind = self.random.choice(
            ("text", "integer NOT NULL DEFAULT 0", "timestamptz", "boolean DEFAULT false")
        )
        return f"ALTER TABLE {self._table()} ADD COLUMN {self._column()} {kind};\n"

    def _alter(self) -> str:
        column = self._column()
        table = self._table()
        return (
            f"ALTER TABLE {table}\n    ADD COLUMN {column} integer,\n"
            f"    ADD CONSTRAINT {table}_{column}_check CHECK ({column} >= 0) NOT VALID;\n"
        )

    def _index(self) -> str:
        concurrently = self.random.choice(("CONCURRENTLY ", "CONCURRENTLY ", ""))
        table = self._table()
        return f"CREATE INDEX {concurrently}{table}_{self._column()}_idx ON {table} (id, (id % 7));\n"

    def _insert(self) -> str:
        rows = (f"('{self._noun()} {self._noun()}')" for _ in range(self.random.randint(1, 12)))
        return f"INSERT INTO {self._table()} (name) VALUES\n    " + ",\n    ".join(rows) + ";\n"

    def _backfill(self) -> str:
        low = self.random.randint(1, 10**6)
        where = f"id BETWEEN {low} AND {low + 1000}"
        return (
            f"UPDATE {self._table()} -- in batches\nSET name = 'unknown'\nWHERE name IS NULL AND {where};\n"
        )


def write_files(folder: Path, count: int, seed: int = 7) -> int:
    """Write `count` migrations in order; returns their bytes."""
    schema = _Schema(seed)
    size = 0
    for number in range(1, count + 1):
        text = schema.migration()
        size += len(text)
        (folder / f"{number:06}_{_NOUNS[number % len(_NOUNS)]}.sql").write_text(text, encoding="utf-8")
    return size


def write_one(folder: Path, size: int, seed: int = 7) -> int:
    """Write one file of at least `size` bytes; returns its bytes."""
    schema = _Schema(seed)
    parts: list[str] = []
    written = 0
    while written < size:
        parts.append(schema.migration())
        written += len(parts[-1]) + 1
    text = "\n".join(parts)
    (folder / "000001_everything.sql").write_text(text, encoding="utf-8")
    return len(text)
