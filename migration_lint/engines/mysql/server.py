"""Which server: its flavour, and its version to the last digit, as online DDL changes with point releases."""

from __future__ import annotations

import re

from msgspec import Struct

MYSQL = "mysql"
MARIADB = "mariadb"
NEWEST = {MYSQL: (9, 7, 4), MARIADB: (11, 8, 6)}
"""The newest version of each flavour that was observed: assumed where none is given."""
_OLDEST = {MYSQL: (5, 7, 0), MARIADB: (10, 3, 0)}
_LAST_POINT = 99
_TRAIN = {(8, 0): (8, 0, 46), (8, 4): (8, 4, 13), (9, 7): (9, 7, 4), (5, 7): (5, 7, 44)}
"""What ``8.0`` alone stands for: the last release of the series that is known."""
_NUMBERS = re.compile(r"(?:5\.5\.5-)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?![\d])")


class Server(Struct, frozen=True):
    """A flavour (``mysql`` or ``mariadb``) and a version of three numbers."""

    flavour: str
    version: tuple[int, int, int]

    @property
    def mariadb(self) -> bool:
        """Whether it is MariaDB."""
        return self.flavour == MARIADB

    @property
    def number(self) -> int:
        """As executable comments write it: 80032, 101106."""
        major, minor, point = self.version
        return major * 10000 + minor * 100 + point

    def mysql_from(self, *version: int) -> bool:
        """Whether it is MySQL of that version or later."""
        return not self.mariadb and self.version >= version

    def mariadb_from(self, *version: int) -> bool:
        """Whether it is MariaDB of that version or later."""
        return self.mariadb and self.version >= version

    def runs_comment(self, mark: str, number: int | None) -> bool:
        """Whether ``/*!80000 … */`` (mark ``!``) or ``/*M!100300 … */`` (mark ``M!``) is code to it.

        MariaDB skips ``/*!50700`` to ``/*!99999``, which are MySQL's own.
        https://mariadb.com/kb/en/comment-syntax/
        """
        if mark.upper().startswith("M") and not self.mariadb:
            return False
        if number is None:
            return True
        if self.mariadb and not mark.upper().startswith("M") and 50700 <= number <= 99999:
            return False
        return self.number >= number


def server_of(flavour: str, version: str | None) -> Server | None:
    """The server that a version text stands for; None where it is no version that is known.

    ``8.0`` is the last of its series; ``8.0.32``, ``8.0.36-28``, ``10.11.6-MariaDB-log`` and
    ``5.5.5-10.6.7-MariaDB`` are read as the servers write them.
    """
    if version is None:
        return Server(flavour, NEWEST[flavour])
    match = _NUMBERS.match(version.strip())
    if match is None:
        return None
    major, minor, point = (int(part) if part is not None else None for part in match.groups())
    if major is None:
        return None
    found = _complete(flavour, major, minor, point)
    return Server(flavour, found) if found >= _OLDEST[flavour] else None


def _complete(flavour: str, major: int, minor: int | None, point: int | None) -> tuple[int, int, int]:
    if minor is None:
        newest = NEWEST[flavour]
        series = {8: (8, 4), 5: (5, 7)} if flavour == MYSQL else {10: (10, 11), 11: (11, 8)}
        if major == newest[0]:
            return newest
        major, minor = series.get(major, (major, 0))
    if point is None:
        point = _TRAIN.get((major, minor), (0, 0, _LAST_POINT))[2]
    return major, minor, point
