"""Rows that are made up: they satisfy types, keys, foreign keys, checks and enums, as far as that goes."""
