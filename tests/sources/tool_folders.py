"""A folder for each tool as the tool lays it out, in few words."""

from __future__ import annotations

from migration_lint.model import TransactionMode

ONE, NONE, EACH = TransactionMode.ONE, TransactionMode.NONE, TransactionMode.EACH
UP, DOWN = "CREATE TABLE t (id int);\n", "DROP TABLE t;\n"
GOOSE = f"-- +goose Up\n{UP}-- +goose Down\n{DOWN}"
SQL_MIGRATE = f"-- +migrate Up\n{UP}-- +migrate Down\n{DOWN}"
DBMATE = f"-- migrate:up\n{UP}-- migrate:down\n{DOWN}"
PLAN = (
    "%syntax-version=1.0.0\n%project=shop\n\n"
    "b 2024-01-01T00:00:00Z A <a@x.org> # first\na [b] 2024-01-02T00:00:00Z A <a@x.org>\n"
)

# The folder, the files in it, the ids in order, the modes of the up scripts, and which have a way back.
FOLDERS: dict[str, tuple[str, dict[str, str], list[str], list[TransactionMode], list[bool]]] = {
    "goose": (
        "m",
        {
            "m/00002_b.sql": GOOSE.replace("-- +goose Up", "-- +goose NO TRANSACTION\n-- +goose Up"),
            "m/00001_a.sql": GOOSE.replace("\n", "\r\n"),
            "m/README.md": "",
        },
        ["00001_a", "00002_b"],
        [ONE, EACH],
        [True, True],
    ),
    "liquibase": (
        "db",
        {
            "db/changelog.sql": "--liquibase formatted sql\n--changeset a:1\n"
            f"{UP}--rollback {DOWN}--changeset a:2 runInTransaction:false\n{UP}"
        },
        ["changelog.sql::1::a", "changelog.sql::2::a"],
        [ONE, EACH],
        [True, False],
    ),
    "sql-migrate": (
        "m",
        {
            "m/2-b.sql": SQL_MIGRATE.replace("Up", "Up notransaction"),
            "m/1-a.sql": SQL_MIGRATE,
            "dbconfig.yml": "",
        },
        ["1-a", "2-b"],
        [ONE, EACH],
        [True, True],
    ),
    "dbmate": (
        "db/migrations",
        {
            "db/migrations/20240102000000_b.sql": f"-- migrate:up transaction:false\n{UP}\n-- migrate:down\n",
            "db/migrations/20240101000000_a.sql": f"{DBMATE}{DBMATE}",
            "db/migrations/.gitkeep": "",
            "db/schema.sql": UP,
        },
        ["20240101000000_a", "20240101000000_a (2)", "20240102000000_b"],
        [ONE, ONE, NONE],
        [True, True, False],
    ),
    "rambler": (
        "m",
        {"m/1_a.sql": f"-- rambler up\n{UP}-- rambler down\n{DOWN}", "rambler.hjson": ""},
        ["1_a"],
        [NONE],
        [True],
    ),
    "mybatis": (
        "db/scripts",
        {
            "db/scripts/20240101000000_a.sql": UP.replace("t (", "${schema}.t (") + f"-- //@UNDO\n{DOWN}",
            "db/scripts/bootstrap.sql": UP,
            "db/environments/development.properties": "schema=app\nurl=x\n",
        },
        ["bootstrap", "20240101000000_a"],
        [ONE, ONE],
        [False, True],
    ),
    "supabase": (
        "supabase/migrations",
        {"supabase/migrations/20240101000000_a.sql": UP, "supabase/config.toml": "", "supabase/seed.sql": UP},
        ["20240101000000_a"],
        [ONE],
        [False],
    ),
    "node-pg-migrate": (
        "migrations",
        {
            "migrations/1700000000000_a.sql": f"-- Up Migration\n{UP}-- Down Migration\n{DOWN}",
            "migrations/1700000000001_b.sql": f"-- Up Migration\n{UP}-- Down Migration\n",
        },
        ["1700000000000_a", "1700000000001_b"],
        [ONE, ONE],
        [True, False],
    ),
    "refinery": (
        "migrations",
        {
            "migrations/V10__b.sql": UP,
            "migrations/V1__a.sql": UP,
            "Cargo.toml": '[dependencies]\nrefinery = "0.8"\n',
        },
        ["V1", "V10"],
        [ONE, ONE],
        [False, False],
    ),
    "sqlx": (
        "migrations",
        {
            "migrations/2_b.up.sql": f"-- no-transaction\n{UP}",
            "migrations/2_b.down.sql": DOWN,
            "migrations/1_a.sql": UP,
            "Cargo.toml": '[dependencies]\nsqlx = { version = "0.8" }\n',
        },
        ["1_a", "2_b"],
        [ONE, NONE],
        [False, True],
    ),
    "tern": (
        "m",
        {
            "m/002_b.sql": f"---- tern: disable-tx ----\n{UP}",
            "m/001_a.sql": UP.replace("t (", "{{.prefix}}t (")
            + f"---- create above / drop below ----\n{DOWN}",
            "m/tern.conf": "[database]\n\n[data]\nprefix = x_\n",
        },
        ["001_a", "002_b"],
        [ONE, EACH],
        [True, False],
    ),
    "prisma": (
        "prisma/migrations",
        {
            "prisma/migrations/20240102000000_b/migration.sql": UP,
            "prisma/migrations/20240102000000_b/down.sql": DOWN,
            "prisma/migrations/20240101000000_a/migration.sql": UP,
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        },
        ["20240101000000_a", "20240102000000_b"],
        [NONE, NONE],
        [False, True],
    ),
    "hasura": (
        "hasura/migrations/default",
        {
            "hasura/config.yaml": "version: 3\nmetadata_directory: metadata\n",
            "hasura/migrations/default/1700000000001_b/up.sql": UP,
            "hasura/migrations/default/1700000000000_a/up.sql": UP,
            "hasura/migrations/default/1700000000000_a/down.sql": DOWN,
        },
        ["1700000000000_a", "1700000000001_b"],
        [ONE, ONE],
        [True, False],
    ),
    "drizzle": (
        "drizzle",
        {
            "drizzle/meta/_journal.json": '{"version":"7","dialect":"postgresql","entries":['
            '{"idx":0,"when":1,"tag":"0000_b","breakpoints":true},{"idx":1,"when":2,"tag":"0001_a"}]}',
            "drizzle/meta/0000_snapshot.json": "{}",
            "drizzle/0000_b.sql": f"{UP}--> statement-breakpoint\n{DOWN}",
            "drizzle/0001_a.sql": UP,
        },
        ["0000_b", "0001_a"],
        [ONE, ONE],
        [False, False],
    ),
    "sqitch": (
        "db",
        {
            "db/sqitch.plan": PLAN,
            "db/sqitch.conf": "[core]\n\tengine = pg\n",
            **{f"db/{kind}/{name}.sql": UP for kind in ("deploy", "revert", "verify") for name in "ab"},
        },
        ["b", "a"],
        [EACH, EACH],
        [True, True],
    ),
    "graphile-migrate": (
        "migrations",
        {
            ".gmrc": "{}",
            "migrations/committed/000001-a.sql": UP,
            "migrations/current.sql": f"--! no-transaction\n{UP}",
        },
        ["000001-a", "current"],
        [ONE, NONE],
        [False, False],
    ),
    "yoyo": (
        "m",
        {
            "m/0001.b.sql": f"-- depends: 0002.a\n-- transactional: false\n{UP}",
            "m/0001.b.rollback.sql": DOWN,
            "m/0002.a.py": f'from yoyo import step\n\nsteps = [step("""\n{UP}""", "{DOWN.strip()}")]\n',
            "yoyo.ini": "[DEFAULT]\nsources = m\n",
        },
        ["0002.a", "0001.b"],
        [ONE, EACH],
        [True, True],
    ),
    "diesel": (
        "migrations",
        {
            "migrations/2024-01-01-000000_a/up.sql": UP,
            "migrations/2024-01-01-000000_a/down.sql": DOWN,
            "diesel.toml": "",
        },
        ["2024-01-01-000000_a"],
        [ONE],
        [True],
    ),
    "pgroll": (
        "migrations",
        {
            "migrations/01_a.yaml": f"operations:\n  - sql:\n      up: |\n        {UP}      down: {DOWN}",
            "migrations/02_b.json": '{"operations": [{"sql": {"up": "CREATE TABLE t (id int);"}}]}\n',
        },
        ["01_a", "02_b"],
        [EACH, EACH],
        [True, False],
    ),
    "rails": (
        "db/migrate",
        {
            "db/migrate/20240102000000_b.rb": "class B < ActiveRecord::Migration[7.1]\n"
            f"  disable_ddl_transaction!\n\n  def up = execute({UP!r})\nend\n",
            "db/migrate/20240101000000_a.rb": "class A < ActiveRecord::Migration[7.1]\n  def up\n"
            f"    execute <<~SQL\n      {UP}    SQL\n  end\n\n  def down\n    execute {DOWN!r}\n  end\nend\n",
            "Gemfile": "",
        },
        ["20240101000000_a", "20240102000000_b"],
        [ONE, NONE],
        [True, False],
    ),
    "ecto": (
        "priv/repo/migrations",
        {
            "priv/repo/migrations/20240101000000_a.exs": "defmodule A do\n  use Ecto.Migration\n\n"
            f"  def change do\n    execute(~s|{UP.strip()}|, ~s|{DOWN.strip()}|)\n  end\nend\n",
            "priv/repo/migrations/.formatter.exs": "",
        },
        ["20240101000000_a"],
        [ONE],
        [True],
    ),
    "knex": (
        "migrations",
        {
            "migrations/20240101_a.js": f"exports.up = (knex) => knex.raw(`{UP}`);\n"
            f"exports.down = (knex) => knex.raw(`{DOWN}`);\n",
            "migrations/20240102_b.ts": f"export const up = (knex: Knex) => knex.raw(`{UP}`);\n"
            "export const config = { transaction: false };\n",
            "knexfile.js": "",
        },
        ["20240101_a", "20240102_b"],
        [ONE, NONE],
        [True, False],
    ),
    "typeorm": (
        "src/migrations",
        {
            "src/migrations/1700000000000-A.ts": "export class A1 implements MigrationInterface {\n"
            f"  async up(queryRunner: QueryRunner) {{ await queryRunner.query(`{UP}`); }}\n"
            f"  async down(queryRunner: QueryRunner) {{ await queryRunner.query(`{DOWN}`); }}\n}}\n",
            "src/migrations/index.ts": "export { A1 } from './1700000000000-A';\n",
        },
        ["1700000000000-A"],
        [ONE],
        [True],
    ),
    "sequelize": (
        "migrations",
        {
            "migrations/20240101-a.js": "module.exports = {\n  async up(queryInterface) {\n"
            f"    await queryInterface.sequelize.query(`{UP}`);\n  }},\n  async down(queryInterface) {{\n"
            f"    await queryInterface.sequelize.query(`{DOWN}`);\n  }},\n}};\n",
        },
        ["20240101-a"],
        [NONE],
        [True],
    ),
    "db-migrate": (
        "migrations",
        {
            "migrations/20240101-a.js": f"exports.up = (db, done) => {{ db.runSql(`{UP}`, done); }};\n"
            f"exports.down = function (db, cb) {{ return db.runSql(`{DOWN}`, cb); }};\n",
        },
        ["20240101-a"],
        [ONE],
        [True],
    ),
    "mikro-orm": (
        "migrations",
        {
            "migrations/Migration20240101.ts": "import { Migration } from '@mikro-orm/migrations';\n\n"
            "export class Migration20240101 extends Migration {\n"
            f"  override async up(): Promise<void> {{ this.addSql(`{UP}`); }}\n"
            f"  override async down(): Promise<void> {{ this.addSql(`{DOWN}`); }}\n}}\n",
            "migrations/.snapshot-shop.json": "{}",
        },
        ["Migration20240101"],
        [ONE],
        [True],
    ),
    "flyway": ("sql", {"sql/V1__a.sql": UP, "sql/U1__a.sql": DOWN}, ["V1"], [ONE], [True]),
    "golang-migrate": ("m", {"m/1_a.up.sql": UP, "m/1_a.down.sql": DOWN}, ["1_a"], [NONE], [True]),
    "sql": ("m", {"m/1_a.sql": UP}, ["1_a"], [EACH], [False]),
    "atlas": (
        "migrations",
        {
            "migrations/20240101_a.sql": UP,
            "migrations/20240102_b.sql": f"-- atlas:txmode none\n\n{UP}",
            "migrations/atlas.sum": "",
        },
        ["20240101_a", "20240102_b"],
        [ONE, EACH],
        [False, False],
    ),
}
