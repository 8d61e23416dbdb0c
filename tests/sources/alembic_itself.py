"""What the installed Alembic makes of an ``upgrade()``: statements, as it would send them to PostgreSQL."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import postgresql

NAMES = {"op": op, "sa": sqlalchemy, "postgresql": postgresql}
HEADER = (
    "from alembic import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n"
    "revision = 'a'\ndown_revision = None\n"
)


def rendered(body: str) -> str:
    """The SQL of the body of an ``upgrade()``, without the transaction around it."""
    out = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": out, "literal_binds": True}
    )
    made: dict[str, Any] = dict(NAMES)
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    exec(f"def upgrade():\n{indented}", made)  # noqa: S102 - our own tables, in tests
    with Operations.context(context):
        made["upgrade"]()
    return out.getvalue()
