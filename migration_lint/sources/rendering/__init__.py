"""SQL from the migration tool that a project has installed.

Importing a project's Python is running it, so this happens only where it is asked for, in a process of
its own, with the project's own interpreter: `run` starts it, ``alembic_program`` and ``django_program``
are what it runs (they are read as text, and never imported here), `places` finds what they say in the
files.
"""
