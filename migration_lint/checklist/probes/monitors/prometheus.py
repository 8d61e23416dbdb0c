"""Prometheus and Alertmanager, by their HTTP API.

https://prometheus.io/docs/prometheus/latest/querying/api/ and
https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
A rule about a metric that nobody has is "inactive" and of good "health": that its selectors find something is
asked too. An empty vector is no data, and never a zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from migration_lint.checklist.check import Answer, failed, passed, unknown
from migration_lint.checklist.probes.http import ask_json, bearer
from migration_lint.checklist.probes.pointers import moment
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.linting.decide import counted
from migration_lint.targets import PrometheusMonitoring, seconds

_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`[^`]*`')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_SELECTOR = re.compile(
    r"(?<![\w.:])(?P<name>[a-zA-Z_:][\w:]*)?(?P<labels>\{(?:[^\"'`}]|\"(?:\\.|[^\"\\])*\"|'[^']*'|`[^`]*`)*\})?"
)
_WORDS = frozenset(
    "and or unless by without on ignoring group_left group_right bool offset start end inf nan atan2".split()
)
_LATE = 3
"""Intervals of its group after which a rule that was not evaluated is dead."""


class Prometheus:
    """What is asked of one Prometheus, and of its Alertmanager."""

    def __init__(self, settings: PrometheusMonitoring) -> None:
        self._settings = settings
        self._limit = seconds(settings.timeout)
        self._headers = {**settings.headers, **bearer(settings.token, self._limit)}

    def rules(self, now: datetime) -> Answer:
        """The alerts that the configuration names are there, evaluated, and have something to look at."""
        found = dict(self._rules())
        if not self._settings.alerts:
            return unknown("no alert is named that has to be there: set monitoring.alerts")
        missing = [name for name in self._settings.alerts if name not in found]
        if missing:
            return failed(
                f"Prometheus has no alert {', '.join(missing)} (loaded: {', '.join(found) or 'none'})"
            )
        for name in self._settings.alerts:
            rule, interval = found[name]
            if rule.get("health") != "ok":
                return failed(f"the alert {name} is not evaluated: health is {rule.get('health')}")
            last = (now - moment(rule.get("lastEvaluation"))).total_seconds()
            if last > _LATE * max(interval, 1.0):
                return failed(
                    f"the alert {name} was last evaluated {last:.0f} s ago, of every {interval:g} s"
                )
            for selector in selectors(str(rule.get("query"))):
                if not self._query(selector):
                    return failed(f"the alert {name} looks at nothing: no data for {selector}")
        return passed(f"{counted(len(self._settings.alerts), 'alert')} evaluated, with data")

    def alerts(self) -> Answer:
        """None of them, and none with the labels of the configuration, is firing or about to."""
        listed = self._data("/api/v1/alerts").get("alerts")
        if not isinstance(listed, list):
            raise Unanswered("Prometheus does not list its alerts")
        on = [one for one in listed if one.get("state") in ("firing", "pending") and self._concerns(one)]
        if on:
            lines = [f"{one['labels'].get('alertname')} is {one['state']}" for one in on]
            return failed("\n".join([*dict.fromkeys(lines), "see to that first"]))
        return passed("nothing that concerns it is firing")

    def silences(self, now: datetime) -> Answer:
        """Somebody is told: there is an Alertmanager, and no silence covers the alerts."""
        url = self._settings.alertmanager
        if url is None:
            return unknown("nobody is named who knows of silences: set monitoring.alertmanager")
        active = self._data("/api/v1/alertmanagers").get("activeAlertmanagers")
        if not active:
            return failed("Prometheus sends its alerts nowhere: it has no active Alertmanager")
        listed = ask_json(f"{url.rstrip('/')}/api/v2/silences", self._limit, self._headers)
        if not isinstance(listed, list):
            raise Unanswered("Alertmanager does not list its silences")
        rules = dict(self._rules())
        lines = []
        for silence in listed:
            if (silence.get("status") or {}).get("state") != "active":
                continue
            for name in self._settings.alerts:
                labels = (rules[name][0].get("labels") or {}) if name in rules else {}
                if _mutes(silence.get("matchers") or [], {**labels, "alertname": name}):
                    lines.append(
                        f"{name} is silenced by {silence.get('createdBy')} until {silence.get('endsAt')}"
                    )
        return failed("\n".join(lines)) if lines else passed("no silence covers the alerts")

    def exporters(self) -> Answer:
        """What watches the database is up."""
        if not self._settings.exporters:
            return unknown("no exporter is named: set monitoring.exporters")
        for query in self._settings.exporters:
            values = self._query(query)
            if not values:
                return failed(f"no data for {query}")
            if any(value != 1 for value in values):
                return failed(f"{query} is {', '.join(f'{value:g}' for value in values)}, not 1")
        return passed(f"{', '.join(self._settings.exporters)} is 1")

    def _concerns(self, alert: Mapping[str, Any]) -> bool:
        labels = alert.get("labels") or {}
        if labels.get("alertname") in self._settings.alerts:
            return True
        wanted = self._settings.labels
        return bool(wanted) and all(labels.get(key) == value for key, value in wanted.items())

    def _rules(self) -> Iterator[tuple[str, tuple[dict[str, Any], float]]]:
        groups = self._data("/api/v1/rules?type=alert").get("groups")
        if not isinstance(groups, list):
            raise Unanswered("Prometheus does not list its rules")
        for group in groups:
            for rule in group.get("rules", ()):
                if rule.get("type") == "alerting":
                    yield str(rule.get("name")), (rule, float(group.get("interval") or 60))

    def _query(self, query: str) -> list[float]:
        data = self._data(f"/api/v1/query?query={quote(query, safe='')}")
        result = data.get("result")
        if data.get("resultType") == "scalar" and isinstance(result, list):
            return [float(result[1])]
        if not isinstance(result, list):
            raise Unanswered("Prometheus does not answer a query")
        return [float(one["value"][1]) for one in result if "value" in one]

    def _data(self, path: str) -> dict[str, Any]:
        answer = ask_json(f"{self._settings.url.rstrip('/')}{path}", self._limit, self._headers)
        if (
            not isinstance(answer, dict)
            or answer.get("status") != "success"
            or not isinstance(answer.get("data"), dict)
        ):
            raise Unanswered(f"Prometheus does not answer {path.partition('?')[0]}")
        data: dict[str, Any] = answer["data"]
        return data


def selectors(query: str) -> list[str]:
    """The vector selectors of a query: ``up``, ``http_requests_total{status=~"5.."}``."""
    text = _GROUPING.sub(" ", query)
    found: list[str] = []
    at = 0
    while at < len(text):
        string = _STRING.match(text, at)
        match = _SELECTOR.match(text, at) if string is None else None
        if string is not None:
            at = string.end()
        elif match is None or match.end() == at:
            at += 1
        else:
            at = match.end()
            name, labels = match["name"], match["labels"]
            called = text[at:].lstrip().startswith("(")
            if labels or (name and not called and name.lower() not in _WORDS):
                found.append(match[0])
    return list(dict.fromkeys(found))


def _mutes(matchers: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> bool:
    """Whether a silence covers an alert with these labels. One that is not known may match."""
    known = [one for one in matchers if one.get("name") in labels]
    return bool(known) and all(_matches(one, labels[str(one["name"])]) for one in known)


def _matches(matcher: Mapping[str, Any], value: str) -> bool:
    wanted = str(matcher.get("value"))
    same = re.fullmatch(wanted, value) is not None if matcher.get("isRegex") else wanted == value
    return same is not (matcher.get("isEqual") is False)
