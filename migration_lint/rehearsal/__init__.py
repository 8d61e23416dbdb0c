"""Migrations on a real server that is thrown away: run, observed, undone, compared.

Needs the extra ``rehearsal``; nothing but the command ``rehearse`` imports it.
"""
