"""Migrations that are programs in JavaScript, TypeScript, Ruby or Elixir: the SQL written out in them.

Nothing of a program is run. tree-sitter's grammars read it as syntax: heredocs, sigils and regular
expressions are beyond what a few patterns can tell apart.
"""
