"""Privileges and roles. From version 18 on GRANT and REVOKE lock the relations that they name."""

from __future__ import annotations

from migration_lint.effects import AlterRole, Change, Effect, Grant
from migration_lint.engines.postgres.locks import Mode
from migration_lint.engines.postgres.nodes import Node, body, constant, name_list, names, options, tag
from migration_lint.engines.postgres.prediction import Prediction, lock
from migration_lint.engines.postgres.situation import Situation

_LOCKS_SINCE = 18
_RELATIONS = ("OBJECT_TABLE", "OBJECT_SEQUENCE")
_ROUTINES = ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE")
_SPECIAL_ROLES = {
    "ROLESPEC_PUBLIC": "public",
    "ROLESPEC_CURRENT_USER": "current_user",
    "ROLESPEC_CURRENT_ROLE": "current_role",
    "ROLESPEC_SESSION_USER": "session_user",
}
_OPTIONS = {"canlogin": "login", "isreplication": "replication", "connectionlimit": "connection limit"}


def grant_stmt(at: Situation) -> Prediction:
    """GRANT and REVOKE of privileges on objects."""
    node = at.node
    kind = _words(node.get("objtype", ""))
    named = node.get("targtype", "ACL_TARGET_OBJECT") == "ACL_TARGET_OBJECT"
    found: list[Effect] = []
    for number, item in enumerate(node.get("objects") or ()):
        name = _object(item, node.get("objtype", ""), at)
        on = kind if named else f"all {kind}s in schema"
        found.append(_grant(node, name, on, number))
        if named and node.get("objtype") in _RELATIONS and at.version >= _LOCKS_SINCE:
            found.append(lock(name, Mode.AccessShareLock, clause=number))
    return Prediction(tuple(found))


def _grant(node: Node, relation: str, objects: str, clause: int | None = None) -> Grant:
    privileges = tuple(body(item).get("priv_name", "all") for item in node.get("privileges") or ())
    return Grant(
        relation=relation,
        revoke=not node.get("is_grant", False),
        privileges=privileges or ("all",),
        to=tuple(role_name(item) for item in node.get("grantees") or ()),
        objects=objects,
        clause=clause,
    )


def _object(item: Node, kind: str, at: Situation) -> str:
    fields = body(item)
    if tag(item) == "RangeVar":
        return at.relation_name(fields)
    if tag(item) == "ObjectWithArgs":
        parts = names(fields.get("objname"))
        known = at.routine(parts) if kind in _ROUTINES else None
        return known.name if known is not None else at.type_name(parts)
    parts = name_list(item)
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        return at.type_name(parts)
    if tag(item) in ("Integer", "Float"):  # a large object's number
        return str(constant(item))
    return ".".join(parts)


def role_name(node: Node) -> str:
    """The name in a RoleSpec; ``public``, ``current_user`` and the like for the key words."""
    fields = body(node) if tag(node) == "RoleSpec" else node
    return _SPECIAL_ROLES.get(fields.get("roletype", "")) or fields.get("rolename", "")


def _words(kind: str) -> str:
    return kind.removeprefix("OBJECT_").replace("_", " ").lower()


def alter_default_privileges_stmt(at: Situation) -> Prediction:
    """ALTER DEFAULT PRIVILEGES: for objects that are made later."""
    action = at.node.get("action") or {}
    schemas = name_list(options(at.node.get("options")).get("schemas"))
    objects = f"default {_words(action.get('objtype', ''))}"
    found: list[Change] = [_grant(action, schema, objects) for schema in schemas or [""]]
    return Prediction(tuple(found))


def grant_role_stmt(at: Situation) -> Prediction:
    """GRANT and REVOKE of membership in roles."""
    node = at.node
    to = tuple(role_name(item) for item in node.get("grantee_roles") or ())
    revoke = not node.get("is_grant", False)
    return Prediction(
        tuple(
            Grant(
                relation=body(item).get("priv_name", ""),
                revoke=revoke,
                privileges=("member",),
                to=to,
                objects="role",
                clause=number,
            )
            for number, item in enumerate(node.get("granted_roles") or ())
        )
    )


# --- roles ---------------------------------------------------------------------------------------


def create_role_stmt(at: Situation) -> Prediction:
    """CREATE ROLE, USER or GROUP."""
    options_ = _role_options(at.node)
    return Prediction((AlterRole(relation=at.node.get("role", ""), action="create role", options=options_),))


def alter_role_stmt(at: Situation) -> Prediction:
    """ALTER ROLE, and ALTER GROUP … ADD or DROP USER."""
    name = role_name(at.node.get("role") or {})
    return Prediction((AlterRole(relation=name, action="alter role", options=_role_options(at.node)),))


def _role_options(node: Node) -> tuple[str, ...]:
    found = []
    for name, value in options(node.get("options")).items():
        word = _OPTIONS.get(name, name)
        found.append(f"no{word}" if constant(value) is False else word)
    return tuple(found)


def alter_role_set_stmt(at: Situation) -> Prediction:
    """ALTER ROLE … SET: for sessions that begin later; without a role, for everyone's."""
    name = role_name(at.node["role"]) if "role" in at.node else "all"
    setting = (at.node.get("setstmt") or {}).get("name", "all")
    return Prediction((AlterRole(relation=name, action="alter role set", setting=setting),))


def drop_role_stmt(at: Situation) -> Prediction:
    """DROP ROLE, USER or GROUP."""
    roles = at.node.get("roles") or ()
    return Prediction(
        tuple(
            AlterRole(relation=role_name(item), action="drop role", clause=number)
            for number, item in enumerate(roles)
        )
    )


def drop_owned_stmt(at: Situation) -> Prediction:
    """DROP OWNED: the catalog knows no owners, so that what goes is not known."""
    return _owned(at, "drop owned")


def reassign_owned_stmt(at: Situation) -> Prediction:
    """REASSIGN OWNED."""
    return _owned(at, "reassign owned")


def _owned(at: Situation, action: str) -> Prediction:
    return Prediction(
        tuple(
            AlterRole(relation=role_name(item), action=action, certain=False, clause=number)
            for number, item in enumerate(at.node.get("roles") or ())
        )
    )
