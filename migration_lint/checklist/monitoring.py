"""Somebody watches the database, has something to look at, and would be told."""

from __future__ import annotations

from collections.abc import Callable

from migration_lint.checklist.check import Answer, Check, failed, passed, unknown
from migration_lint.checklist.probes.http import ask_json, bearer, host_of
from migration_lint.checklist.probes.monitors.oneuptime import OneUptime
from migration_lint.checklist.probes.monitors.prometheus import Prometheus
from migration_lint.checklist.probes.pointers import at_pointer
from migration_lint.checklist.subject import Subject, limit
from migration_lint.targets import HttpMonitoring, OneUptimeMonitoring, PrometheusMonitoring, seconds

NONE = 'nobody is named who watches it: set monitoring in the target, or checks.monitoring = "off"'


def _check(
    name: str,
    title: str,
    what: str,
    prometheus: Callable[[Prometheus, Subject], Answer],
    oneuptime: Callable[[OneUptime], Answer],
) -> Check:
    def asks(subject: Subject) -> str:
        settings = subject.target.monitoring
        return NONE if settings is None else f"{settings.url}, {what}"

    def answer(subject: Subject) -> Answer:
        settings = subject.target.monitoring
        if isinstance(settings, PrometheusMonitoring):
            return prometheus(Prometheus(settings), subject)
        if isinstance(settings, OneUptimeMonitoring):
            return oneuptime(OneUptime(settings))
        if isinstance(settings, HttpMonitoring):
            return _asked(settings)
        return unknown(NONE)

    def patience(subject: Subject) -> float:
        settings = subject.target.monitoring
        return limit(subject) if settings is None else seconds(settings.timeout) * 3

    return Check(name, title, asks, answer, patience)


def _asked(settings: HttpMonitoring) -> Answer:
    """A service that answers for all of it at once."""
    seconds_left = seconds(settings.timeout)
    document = ask_json(settings.url, seconds_left, bearer(settings.token, seconds_left))
    said = at_pointer(document, settings.status)
    if said is None:
        return unknown(f"{host_of(settings.url)} says nothing at {settings.status}")
    if str(said) not in settings.good:
        return failed(f"{host_of(settings.url)} says {str(said)!r}, not {' or '.join(settings.good)}")
    return passed(f"{host_of(settings.url)} says {said}")


CHECKS = (
    _check(
        "monitoring-rules",
        "Monitoring in place",
        "whether the alerts are there, are evaluated and have data",
        lambda service, subject: service.rules(subject.now),
        lambda service: service.rules(),
    ),
    _check(
        "monitoring-alerts",
        "No alert is firing",
        "which alerts are firing",
        lambda service, _: service.alerts(),
        lambda service: service.alerts(),
    ),
    _check(
        "monitoring-silences",
        "No alert is silenced",
        "which alerts are silenced, and who is told",
        lambda service, subject: service.silences(subject.now),
        lambda service: service.silences(),
    ),
    _check(
        "monitoring-exporters",
        "What watches it is up",
        "whether its exporters are up",
        lambda service, _: service.exporters(),
        lambda service: service.exporters(),
    ),
)
