"""A safety gate and linter for database schema migrations."""

__version__ = "0.1.0"
