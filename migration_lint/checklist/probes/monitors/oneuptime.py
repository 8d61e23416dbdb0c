"""OneUptime, by its API: https://oneuptime.com/reference

A monitor whose probes are all gone stays green, so that is asked too.
"""

from __future__ import annotations

from typing import Any

from migration_lint.checklist.check import Answer, failed, passed, unknown
from migration_lint.checklist.probes.http import ask_json
from migration_lint.checklist.probes.secrets import secret
from migration_lint.checklist.unanswered import Unanswered
from migration_lint.linting.decide import counted
from migration_lint.targets import OneUptimeMonitoring, seconds

_SELECT = {
    "name": True,
    "disableActiveMonitoring": True,
    "disableActiveMonitoringBecauseOfManualIncident": True,
    "disableActiveMonitoringBecauseOfScheduledMaintenanceEvent": True,
    "isNoProbeEnabledOnThisMonitor": True,
    "isAllProbesDisconnectedFromThisMonitor": True,
    "currentMonitorStatus": {"name": True, "isOperationalState": True},
}
_OFF = (
    "disableActiveMonitoring",
    "disableActiveMonitoringBecauseOfManualIncident",
    "disableActiveMonitoringBecauseOfScheduledMaintenanceEvent",
)
_BLIND = ("isNoProbeEnabledOnThisMonitor", "isAllProbesDisconnectedFromThisMonitor")


class OneUptime:
    """What is asked of one project."""

    def __init__(self, settings: OneUptimeMonitoring) -> None:
        self._settings = settings
        self._limit = seconds(settings.timeout)

    def rules(self) -> Answer:
        """The monitors that the configuration names are there."""
        if not self._settings.monitors:
            return unknown("no monitor is named that has to be there: set monitoring.monitors")
        found = self._monitors()
        missing = [name for name in self._settings.monitors if name not in found]
        if missing:
            return failed(f"OneUptime has no monitor {', '.join(missing)}")
        return passed(f"{counted(len(self._settings.monitors), 'monitor')} there")

    def alerts(self) -> Answer:
        """Each says that what it watches works."""
        lines = [
            f"{name} is {(one.get('currentMonitorStatus') or {}).get('name') or 'of no known status'}"
            for name, one in self._wanted()
            if (one.get("currentMonitorStatus") or {}).get("isOperationalState") is not True
        ]
        return failed("\n".join([*lines, "see to that first"])) if lines else passed("all are operational")

    def silences(self) -> Answer:
        """None is switched off."""
        lines = [
            f"{name} is switched off" for name, one in self._wanted() if any(one.get(key) for key in _OFF)
        ]
        return failed("\n".join(lines)) if lines else passed("none is switched off")

    def exporters(self) -> Answer:
        """A probe is there for each."""
        lines = [
            f"no probe watches {name}" for name, one in self._wanted() if any(one.get(key) for key in _BLIND)
        ]
        return failed("\n".join(lines)) if lines else passed("probes watch them")

    def _wanted(self) -> list[tuple[str, dict[str, Any]]]:
        found = self._monitors()
        missing = [name for name in self._settings.monitors if name not in found]
        if missing or not self._settings.monitors:
            raise Unanswered("not every monitor is there: see monitoring-rules")
        return [(name, found[name]) for name in self._settings.monitors]

    def _monitors(self) -> dict[str, dict[str, Any]]:
        names = list(self._settings.monitors)
        answer = ask_json(
            f"{self._settings.url.rstrip('/')}/api/monitor/get-list?skip=0&limit=100",
            self._limit,
            {"ApiKey": secret(self._settings.token, self._limit)},
            {"query": {"name": {"_type": "Includes", "value": names}}, "select": _SELECT},
        )
        listed = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise Unanswered("OneUptime does not list its monitors")
        return {str(one.get("name")): one for one in listed if isinstance(one, dict)}
