from __future__ import annotations

from pathlib import Path

import pytest

from migration_lint.config import Config, find_config, load_config
from migration_lint.errors import UsageError
from migration_lint.sources.toml import parse_toml
from tests.report.validation import is_valid, validate

EVERYTHING = """
paths = ["db/migrations", "more.sql"]
tool = "flyway"
engine = "postgres"
engine_version = 16
schema = "db/structure.sql"
start_after = 42
since = "origin/main"
fail_on = "warning"
pedantic = true
select = ["default", "long-name"]
ignore = ["drop-column"]
rules_dir = "lint/rules"
baseline = "baseline.json"
encoding = "latin-1"

[tools]
"db/other" = "goose"

[per_path_ignores]
"legacy/*" = ["drop-column"]

[severity]
drop-column = "note"

[sources.flyway.placeholders]
schema = "app"

[rules.long-name]
limit = 12
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def written(text: str, path: str = "migration-lint.toml") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    return path


def test_every_setting_is_read() -> None:
    config = load_config(written(EVERYTHING))
    assert config.paths == ("db/migrations", "more.sql")
    assert (config.tool, config.engine, config.engine_version, config.start_after) == (
        "flyway",
        "postgres",
        16,
        42,
    )
    assert (config.schema, config.since, config.fail_on, config.pedantic) == (
        "db/structure.sql",
        "origin/main",
        "warning",
        True,
    )
    assert (config.select, config.ignore) == (("default", "long-name"), ("drop-column",))
    assert (config.rules_dir, config.baseline, config.encoding) == ("lint/rules", "baseline.json", "latin-1")
    assert config.tools == {"db/other": "goose"}
    assert config.per_path_ignores == {"legacy/*": ("drop-column",)}
    assert config.severity == {"drop-column": "note"}
    assert config.sources == {"flyway": {"placeholders": {"schema": "app"}}}
    assert config.rules == {"long-name": {"limit": 12}}


def test_the_schema_accepts_what_the_program_accepts() -> None:
    validate(parse_toml(EVERYTHING), "config")
    validate({}, "config")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("\nfail_onn = 1", r"migration-lint\.toml:2: unknown key 'fail_onn'; did you mean 'fail_on'\?"),
        ("fail-on = 'error'", r":1: unknown key 'fail-on'; did you mean 'fail_on'\?"),
        ("[flyway]", r":1: unknown key 'flyway' \(known: paths, "),
        ("\n\npaths = 'db'", r":3: paths: expected array, got str"),
        ("fail_on = 'fatal'", r":1: fail_on: invalid enum value 'fatal'"),
        ("[severity]\na = 'error'\nb = 'loud'", "invalid enum value 'loud'"),
        ("paths = [", r"migration-lint\.toml: "),
        ("tool = 1", r":1: tool: expected str \| null, got int"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        load_config(written(text))
    if "paths = [" not in text:
        assert not is_valid(parse_toml(text), "config")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_config("nowhere.toml")


def test_a_file_that_is_no_text() -> None:
    Path("migration-lint.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load_config("migration-lint.toml")


def test_the_nearest_one_upwards_counts() -> None:
    outer, inner = written("", "migration-lint.toml"), written("", "a/b/migration-lint.toml")
    Path("a/b/c").mkdir()
    assert find_config("a/b/c") == str(Path(inner).absolute())
    assert find_config("a") == str(Path(outer).absolute())


def test_pyproject_counts_where_it_has_our_table() -> None:
    written("[project]\nname = 'x'", "pyproject.toml")
    assert find_config(".") is None
    path = written("[tool.migration-lint]\nfail_on = 'note'", "pyproject.toml")
    assert find_config(".") == str(Path(path).absolute())
    assert load_config("pyproject.toml").fail_on == "note"
    written("", "migration-lint.toml")
    assert find_config(".") == str(Path("migration-lint.toml").absolute())


def test_the_search_ends_at_the_root_of_the_repository() -> None:
    written("")
    Path("inner/.git").mkdir(parents=True)
    Path("inner/db").mkdir()
    assert find_config("inner/db") is None


def test_paths_are_relative_to_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(EVERYTHING, "conf/migration-lint.toml")
    config = load_config(path)
    assert config.paths == ("conf/db/migrations", "conf/more.sql")
    assert config.tools == {"conf/db/other": "goose"}
    assert (config.schema, config.rules_dir, config.baseline) == (
        "conf/db/structure.sql",
        "conf/lint/rules",
        "conf/baseline.json",
    )
    monkeypatch.chdir("conf")
    assert load_config("migration-lint.toml").paths == ("db/migrations", "more.sql")


def test_nothing_is_needed() -> None:
    assert load_config(written("")) == Config()


TARGET = """
[targets.production]
timeout = "5s"

[targets.production.checks]
rollback = "advisory"

[[targets.production.waivers]]
check = "backup"
reason = "a new database"
by = "alice"
until = 2026-12-01

[targets.production.backup]
provider = "files"
paths = ["backups/*.dump", "s3://bucket/*.dump"]
max_age = "90m"

[targets.production.rollback]
policy = "annotated"
"""


def test_targets_are_read_and_their_paths_are_relative_to_the_file() -> None:
    config = load_config(written(TARGET, "conf/migration-lint.toml"))
    target = config.targets["production"]
    assert (target.timeout, target.checks, target.rollback.policy) == (
        "5s",
        {"rollback": "advisory"},
        "annotated",
    )
    assert target.backup.paths == ("conf/backups/*.dump", "s3://bucket/*.dump")
    assert target.rollback.evidence == "conf/.migration-lint/evidence"
    document = parse_toml(TARGET)
    document["targets"]["production"]["waivers"][0]["until"] = "2026-12-01"  # as schemas see a date
    validate(document, "config")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[targets.a]\ntimeout = "5 s"', r":2: targets\.a\.timeout: expected str matching regex"),
        ("[targets.a]\ntimout = 1", r":1: targets\.a: object contains unknown field timout"),
        ('[targets.a.backup]\nprovider = "tape"', r":2: targets\.a\.backup\.provider: invalid value 'tape'"),
        ('[[targets.a.waivers]]\ncheck = "b"', r"targets\.a\.waivers: object missing required field reason"),
        ('[targets.a]\ndsn = "postgres://u:p@h/d"', r":2: targets\.a\.dsn: .*a secret does not stand here"),
        ("targets = 1", r":1: targets: expected object, got int"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_target_is_named_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        load_config(written(text))
    assert not is_valid(parse_toml(text), "config")
