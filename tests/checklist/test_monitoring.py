"""Monitoring: Prometheus and Alertmanager by recorded answers, OneUptime and others by made ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from migration_lint.checklist.check import Check
from migration_lint.checklist.monitoring import CHECKS
from migration_lint.checklist.probes.monitors.prometheus import selectors
from migration_lint.findings import Status, Verdict
from tests.checklist.answers import Service, recorded, serving
from tests.checklist.world import asked, pair, subject

RULES, ALERTS, SILENCES, EXPORTERS = CHECKS
AT = datetime(2026, 11, 22, 6, 49, 6, tzinfo=timezone.utc)
"""When Prometheus was asked."""
DATA = recorded("prometheus/query_vector.json")


def one(value: str) -> Any:
    return {
        "status": "success",
        "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, value]}]},
    }


@pytest.fixture
def prometheus() -> Iterator[Service]:
    with serving(
        {
            "/api/v1/rules": recorded("prometheus/rules.json"),
            "/api/v1/alerts": recorded("prometheus/alerts.json"),
            "/api/v1/alertmanagers": {"status": "success", "data": {"activeAlertmanagers": [{"url": "x"}]}},
            "/api/v1/query?pg_up": one("1"),
            '/api/v1/query?pg_stat_activity_max_tx_duration{datname="pre"}': DATA,
            "/api/v2/silences": recorded("prometheus/am_silences.json"),
        }
    ) as service:
        yield service


def verdict(check: Check, folder: Path, service: Service, **settings: Any) -> Verdict:
    known = {
        "provider": "prometheus",
        "url": service.url,
        "alertmanager": service.url,
        "alerts": ["PostgresDown"],
    }
    about = subject(folder, pair("SELECT 1;\n"), now=AT, monitoring=known | settings)
    return asked(check, about)


def test_an_alert_that_is_there_evaluated_and_has_data(tmp_path: Path, prometheus: Service) -> None:
    made = verdict(RULES, tmp_path, prometheus, alerts=["PostgresDown", "PostgresLongTransaction"])
    assert (made.status, made.why) == (Status.PASSED, "2 alerts evaluated, with data")


def test_an_alert_that_is_not_there(tmp_path: Path, prometheus: Service) -> None:
    made = verdict(RULES, tmp_path, prometheus, alerts=["ReplicationLag"])
    assert made.status is Status.FAILED and made.why.startswith(
        "Prometheus has no alert ReplicationLag (loaded: "
    )


def test_an_alert_over_a_metric_that_nobody_has(tmp_path: Path, prometheus: Service) -> None:
    """Prometheus says of it: inactive, health ok."""
    made = verdict(RULES, tmp_path, prometheus, alerts=["HighErrorRate"])
    assert made.status is Status.FAILED
    assert (
        made.why
        == 'the alert HighErrorRate looks at nothing: no data for http_requests_total{status=~"5.."}[5m]'[:-4]
    )


def test_an_alert_that_is_evaluated_no_more(tmp_path: Path, prometheus: Service) -> None:
    about = subject(
        tmp_path,
        pair("SELECT 1;\n"),
        now=AT.replace(minute=55),
        monitoring={"provider": "prometheus", "url": prometheus.url, "alerts": ["PostgresDown"]},
    )
    made = asked(RULES, about)
    assert made.status is Status.FAILED and "was last evaluated 361 s ago" in made.why


def test_an_alert_of_bad_health(tmp_path: Path, prometheus: Service) -> None:
    for rule in prometheus.answers["/api/v1/rules"]["data"]["groups"][0]["rules"]:
        rule["health"] = "err"
    made = verdict(RULES, tmp_path, prometheus)
    assert made.status is Status.FAILED and "health is err" in made.why


@pytest.mark.parametrize(
    ("settings", "status", "why"),
    [
        ({}, Status.PASSED, "nothing that concerns it is firing"),
        ({"alerts": ["PostgresLongTransaction"]}, Status.FAILED, "PostgresLongTransaction is firing"),
        ({"labels": {"team": "db"}}, Status.FAILED, "PostgresLongTransaction is firing"),
        ({"labels": {"team": "web"}}, Status.PASSED, ""),
    ],
)
def test_what_is_firing(
    tmp_path: Path, prometheus: Service, settings: dict[str, Any], status: Status, why: str
) -> None:
    made = verdict(ALERTS, tmp_path, prometheus, **settings)
    assert made.status is status and why in made.why


def test_what_is_silenced(tmp_path: Path, prometheus: Service) -> None:
    assert verdict(SILENCES, tmp_path, prometheus).status is Status.PASSED
    made = verdict(SILENCES, tmp_path, prometheus, alerts=["PostgresLongTransaction"])
    assert made.status is Status.FAILED
    assert made.why.startswith(
        "PostgresLongTransaction is silenced by migration-lint until 2026-11-22T07:49:07"
    )
    prometheus.answers["/api/v2/silences"][0]["status"]["state"] = "expired"
    assert verdict(SILENCES, tmp_path, prometheus, alerts=["PostgresLongTransaction"]).status is Status.PASSED


@pytest.mark.parametrize(
    ("matcher", "silenced"),
    [
        ({"name": "alertname", "value": "Postgres.*", "isRegex": True, "isEqual": True}, True),
        ({"name": "alertname", "value": "Postgres", "isRegex": True, "isEqual": True}, False),
        ({"name": "alertname", "value": "Other", "isRegex": False, "isEqual": False}, True),
        ({"name": "severity", "value": "warning", "isRegex": False, "isEqual": True}, True),
        ({"name": "team", "value": "web", "isRegex": False, "isEqual": True}, False),
    ],
)
def test_matchers(tmp_path: Path, prometheus: Service, matcher: dict[str, Any], silenced: bool) -> None:
    prometheus.answers["/api/v2/silences"][0]["matchers"] = [matcher]
    made = verdict(SILENCES, tmp_path, prometheus, alerts=["PostgresLongTransaction"])
    assert (made.status is Status.FAILED) is silenced


def test_nobody_is_told(tmp_path: Path, prometheus: Service) -> None:
    prometheus.answers["/api/v1/alertmanagers"]["data"]["activeAlertmanagers"] = []
    made = verdict(SILENCES, tmp_path, prometheus)
    assert made.status is Status.FAILED and "no active Alertmanager" in made.why
    assert verdict(SILENCES, tmp_path, prometheus, alertmanager=None).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        (one("1"), Status.PASSED, "pg_up is 1"),
        (one("0"), Status.FAILED, "pg_up is 0, not 1"),
        (one("NaN"), Status.FAILED, "not 1"),
        (recorded("prometheus/query_empty.json"), Status.FAILED, "no data for pg_up"),
    ],
)
def test_exporters(tmp_path: Path, prometheus: Service, answer: Any, status: Status, why: str) -> None:
    prometheus.answers["/api/v1/query?pg_up"] = answer
    made = verdict(EXPORTERS, tmp_path, prometheus)
    assert made.status is status and why in made.why


BAD: dict[str, Any] = {
    "an error": recorded("prometheus/query_error.json"),
    "no JSON": b"<html>",
    "another document": {"status": "success"},
    "a list": [],
    "nothing": b"",
    "time": "hang",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
@pytest.mark.parametrize("bad", BAD)
def test_no_answer_does_not_pass(tmp_path: Path, prometheus: Service, check: Check, bad: str) -> None:
    for path in prometheus.answers:
        prometheus.answers[path] = BAD[bad]
    made = verdict(check, tmp_path, prometheus, timeout="0.5s")
    assert made.status is Status.UNKNOWN, made.why


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
@pytest.mark.parametrize("code", [302, 401, 404, 500, 503])
def test_a_refusal_does_not_pass(tmp_path: Path, prometheus: Service, check: Check, code: int) -> None:
    prometheus.statuses = dict.fromkeys(prometheus.answers, code)
    made = verdict(check, tmp_path, prometheus)
    assert made.status is Status.UNKNOWN and f"answers {code}" in made.why


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_nobody_there_does_not_pass(tmp_path: Path, prometheus: Service, check: Check) -> None:
    made = verdict(check, tmp_path, prometheus, url="http://127.0.0.1:1", alertmanager="http://127.0.0.1:1")
    assert made.status is Status.UNKNOWN and "127.0.0.1:1: no answer" in made.why


def test_a_token_is_sent_and_never_shown(
    tmp_path: Path, prometheus: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    made = verdict(EXPORTERS, tmp_path, prometheus, token={"env": "TOKEN"}, headers={"X-Scope-OrgID": "team"})
    assert made.status is Status.PASSED and "s3cret" not in repr(made)
    assert prometheus.seen[0]["Authorization"] == "Bearer s3cret"
    assert (
        prometheus.seen[0]["X-Scope-Orgid" if "X-Scope-Orgid" in prometheus.seen[0] else "X-Scope-OrgID"]
        == "team"
    )


@pytest.mark.parametrize(
    "url", ["http://u:s3cret@127.0.0.1:1", "ftp://127.0.0.1", "prometheus:9090", "file:///etc/passwd"]
)
def test_a_url_that_is_none(tmp_path: Path, prometheus: Service, url: str) -> None:
    made = verdict(EXPORTERS, tmp_path, prometheus, url=url)
    assert made.status is Status.UNKNOWN and "s3cret" not in made.why


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_nobody_is_named(tmp_path: Path, check: Check) -> None:
    made = asked(check, subject(tmp_path, pair("SELECT 1;\n")))
    assert made.status is Status.UNKNOWN and "set monitoring in the target" in made.why


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("pg_up == 0", ["pg_up"]),
        ('sum(rate(a{b=~"5.."}[5m])) by (job) / sum by (job) (rate(c[5m])) > 0.05', ['a{b=~"5.."}', "c"]),
        ("max_over_time(x[1h] offset 5m) and on (instance) y unless z", ["x", "y", "z"]),
        ('{__name__=~"pg_.*"}', ['{__name__=~"pg_.*"}']),
        ('absent(up{job="}"})', ['up{job="}"}']),
        ("vector(1) > bool Inf", []),
        ("job:errors:rate5m > 3e-2", ["job:errors:rate5m"]),
    ],
)
def test_the_selectors_of_a_query(query: str, found: list[str]) -> None:
    assert selectors(query) == found


MONITOR = {
    "name": "db",
    "disableActiveMonitoring": False,
    "isAllProbesDisconnectedFromThisMonitor": False,
    "currentMonitorStatus": {"name": "Operational", "isOperationalState": True},
}


@pytest.mark.parametrize(
    ("check", "changes", "status", "why"),
    [
        (RULES, {}, Status.PASSED, "1 monitor there"),
        (RULES, {"name": "other"}, Status.FAILED, "OneUptime has no monitor db"),
        (ALERTS, {}, Status.PASSED, "all are operational"),
        (ALERTS, {"currentMonitorStatus": {"name": "Down"}}, Status.FAILED, "db is Down"),
        (ALERTS, {"currentMonitorStatus": None}, Status.FAILED, "of no known status"),
        (SILENCES, {}, Status.PASSED, "none is switched off"),
        (SILENCES, {"disableActiveMonitoring": True}, Status.FAILED, "db is switched off"),
        (EXPORTERS, {}, Status.PASSED, "probes watch them"),
        (EXPORTERS, {"isAllProbesDisconnectedFromThisMonitor": True}, Status.FAILED, "no probe watches db"),
        (EXPORTERS, {"name": "other"}, Status.UNKNOWN, "see monitoring-rules"),
    ],
)  # fmt: skip
def test_oneuptime(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    check: Check,
    changes: dict[str, Any],
    status: Status,
    why: str,
) -> None:
    monkeypatch.setenv("KEY", "s3cret")
    with serving({"/api/monitor/get-list": {"data": [MONITOR | changes], "count": 1}}) as service:
        settings = {"provider": "oneuptime", "url": service.url, "token": {"env": "KEY"}, "monitors": ["db"]}
        made = asked(check, subject(tmp_path, pair("SELECT 1;\n"), monitoring=settings))
        assert {name.lower(): value for name, value in service.seen[0].items()}["apikey"] == "s3cret"
    assert made.status is status and why in made.why
    with serving({"/api/monitor/get-list": {"message": "Invalid API Key"}}) as service:
        made = asked(
            check, subject(tmp_path, pair("SELECT 1;\n"), monitoring=settings | {"url": service.url})
        )
    assert made.status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        ({"status": "ok"}, Status.PASSED, "says ok"),
        ({"status": "degraded"}, Status.FAILED, "says 'degraded', not ok"),
        ({}, Status.UNKNOWN, "says nothing at /status"),
        (b"ok", Status.UNKNOWN, "does not answer in JSON"),
    ],
)
def test_another_service(tmp_path: Path, answer: Any, status: Status, why: str) -> None:
    with serving({"/health": answer}) as service:
        settings = {"provider": "http", "url": f"{service.url}/health"}
        made = asked(RULES, subject(tmp_path, pair("SELECT 1;\n"), monitoring=settings))
    assert made.status is status and why in made.why
