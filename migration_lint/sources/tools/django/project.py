"""Where a project's migrations lie, and what its settings say: all read as text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from migration_lint.sources.discovery import skipped
from migration_lint.sources.folder import Folder, above, base, exists, head, is_file, join, listed, parent

MARK = re.compile(r"^class Migration\s*\(", re.MULTILINE)
_DEEPEST = 12
_LABEL = re.compile(r"^[ \t]+label\s*=\s*['\"](\w+)['\"]", re.MULTILINE)
_SETTING = re.compile(
    r"^[ \t]*([A-Z][A-Z_]*_MODEL|DEFAULT_AUTO_FIELD)\s*(?::[^=\n]+)?=\s*['\"]([\w.]+)['\"]", re.MULTILINE
)
_DEPENDENCY = re.compile(r"""\(\s*["'](\w+)["']\s*,\s*["'](\w+)["']\s*,?\s*\)""")
_SAMPLE = 5
_PINNED = re.compile(
    r"(?im)^[^#\n]*?(?<![\w.-])django\b[\"']?(?:\[[^\]]*\])?\s*(?:[=~><!]=?=?|\^|=\s*[\"'{])[^0-9\n]*([0-9]+)\.([0-9]+)"
    r"|^name = \"django\"\nversion = \"([0-9]+)\.([0-9]+)"
)
_MANIFESTS = re.compile(
    r"(requirements.*\.(txt|in)|pyproject\.toml|poetry\.lock|uv\.lock|setup\.(cfg|py)|Pipfile)\Z"
)


class App(Struct, frozen=True):
    """A folder of migrations, the label of its app, and the names of its files."""

    folder: str
    label: str
    files: tuple[str, ...]
    is_package: bool = True


class Settings(Struct, frozen=True):
    """What the settings say that migrations depend on. `swapped` are models by setting."""

    swapped: Mapping[str, str] = {}
    auto_field: str = "AutoField"
    version: tuple[int, int] | None = None
    modules: Mapping[str, str] = {}
    files: tuple[str, ...] = ()


def holds_migrations(folder: Folder) -> str | None:
    """The first of a few files that is a migration of Django's by its looks."""
    names = [name for name in folder.files if name.endswith(".py") and name[0] not in "_~."]
    chosen = [*names[:_SAMPLE], *names[-1:]]
    for name in chosen:
        text = head(folder.join(name))
        if MARK.search(text) and ("django" in text or "operations" in text):
            return name
    return None


def root_of(path: str) -> str:
    """The folder of the project that a folder of migrations belongs to.

    It is the nearest one above with ``manage.py``; without one, what the outermost package lies in.
    """
    outermost = parent(path)
    at: str | None = outermost
    while at is not None:
        if is_file(join(at, "manage.py")) and not is_file(join(at, "__init__.py")):
            return at
        if exists(join(at, ".git")) and at != outermost:
            break
        at = parent(at)
    package = path
    while is_file(join(package, "__init__.py")):
        held = parent(package)
        if held is None:
            break
        package = held
    return package if package != path else (parent(path) or path)


def apps_of(root: str) -> Iterator[App]:
    """The folders of migrations that belong to a project, in the order of their paths."""
    waiting = [(root, 0)]
    found: list[App] = []
    while waiting:
        path, depth = waiting.pop()
        try:
            folder = listed(path)
        except OSError:
            continue
        if "pyvenv.cfg" in folder.files or (
            depth and "manage.py" in folder.files and "__init__.py" not in folder.files
        ):
            continue
        if depth and _is_migrations(folder):
            found.append(app_of(folder))
        if depth < _DEEPEST:
            waiting += [
                (folder.join(name), depth + 1) for name in folder.folders if not skipped(folder, name)
            ]
    yield from sorted(found, key=lambda app: app.folder)


def _is_migrations(folder: Folder) -> bool:
    likely = base(folder.path).endswith("migrations") or any(name[:4].isdigit() for name in folder.files)
    return likely and holds_migrations(folder) is not None


def app_of(folder: Folder) -> App:
    """A folder of migrations as that of an app."""
    held = parent(folder.path) or "."
    label = None
    for name in ("apps.py", "__init__.py"):
        if label is None and is_file(apps := join(held, name)):
            found = _LABEL.search(head(apps))
            label = found[1] if found else None
    files = tuple(
        name
        for name in folder.files
        if name.endswith(".py") and name[0] not in "_~." and name != "__init__.py"
    )
    label = label or _used_label(folder, base(held))
    return App(folder.path, label, files, "__init__.py" in folder.files)


def _used_label(folder: Folder, usual: str) -> str:
    """The label by which migrations of the folder depend on each other; the usual one where unclear."""
    names = [name for name in folder.files if name.endswith(".py") and name[0] not in "_~."]
    found: set[str] = set()
    for name in names[-_SAMPLE:]:
        for label, other in _DEPENDENCY.findall(head(folder.join(name))):
            if f"{other}.py" in names:
                found.add(label)
    return found.pop() if len(found) == 1 and usual not in found else usual


def settings_of(root: str, given: Mapping[str, object]) -> Settings:
    """What the settings of the project say; `given` are the user's own, which go first."""
    swapped: dict[str, str] = {"AUTH_USER_MODEL": "auth.User"}
    auto: str | None = None
    modules: dict[str, str] = {}
    used: list[str] = []
    for path in _settings_files(root):
        text = head(path)
        found = dict(_SETTING.findall(text))
        if found or "MIGRATION_MODULES" in text:
            used.append(path)
        auto = found.pop("DEFAULT_AUTO_FIELD", None) or auto
        swapped.update(found)
        modules.update(_modules(text))
    written = given.get("auth_user_model")
    if isinstance(written, str):
        swapped["AUTH_USER_MODEL"] = written
    field = given.get("default_auto_field", auto)
    version = _version(root, given.get("version"))
    kind = field.rpartition(".")[2] if isinstance(field, str) else None
    if kind is None:
        kind = "BigAutoField" if version is not None and version >= (6, 0) else "AutoField"
    return Settings(swapped, kind, version, modules, tuple(used))


def _settings_files(root: str) -> Iterator[str]:
    """The files that are settings by their names, at most two folders below the project's."""
    waiting = [(root, 0)]
    found = []
    while waiting:
        path, depth = waiting.pop()
        try:
            folder = listed(path)
        except OSError:
            continue
        inside = base(path) in ("settings", "config", "conf")
        for name in folder.files:
            configures = name.endswith(".py") and name not in ("urls.py", "__init__.py")
            is_package = name == "__init__.py" and base(path) == "settings"
            if is_package or (configures and ("settings" in name or inside)):
                found.append(folder.join(name))
        if depth < 3:
            names = [
                n
                for n in folder.folders
                if not skipped(folder, n) and n not in ("tests", "test", "migrations")
            ]
            waiting += [(folder.join(name), depth + 1) for name in names]
    # What is said for tests or for one machine goes before what is said for all.
    yield from sorted(found, key=lambda path: ("base" in path or "default" in path, -path.count("/"), path))


def _modules(text: str) -> dict[str, str]:
    if "MIGRATION_MODULES" not in text:
        return {}
    found = re.search(r"^MIGRATION_MODULES\s*(?::[^=\n]+)?=\s*(\{[^}]*\})", text, re.MULTILINE)
    try:
        value = ast.literal_eval(found[1]) if found else {}
    except (ValueError, SyntaxError):
        return {}
    return {key: each for key, each in value.items() if isinstance(key, str) and isinstance(each, str)}


def _version(root: str, given: object) -> tuple[int, int] | None:
    """Django's version: the setting, or what a manifest pins at or above the project."""
    if given is not None:
        numbers = re.match(r"([0-9]+)(?:\.([0-9]+))?", str(given))
        return (int(numbers[1]), int(numbers[2] or 0)) if numbers else None
    path: str | None = root
    for _ in range(4):
        if path is None:
            return None
        found = [each for each in _pinned(path) if each[0] >= 2]
        if found:
            return max(found)
        if exists(join(path, ".git")):
            return None
        path = above(path)
    return None


def _pinned(path: str) -> Iterator[tuple[int, int]]:
    try:
        folder = listed(path)
    except OSError:
        return
    inner = ["requirements"] if "requirements" in folder.folders else []
    places = [folder, *(listed(folder.join(name)) for name in inner)]
    for place in places:
        for name in place.files:
            if _MANIFESTS.match(name) or (place is not folder and name.endswith((".txt", ".in"))):
                for found in _PINNED.findall(head(place.join(name))):
                    major, minor = found[:2] if found[0] else found[2:]
                    yield int(major), int(minor)
