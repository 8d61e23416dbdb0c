"""The gate before a deployment: checks that ask the world, and answer with evidence.

`catalogue` lists the checks, `asking` puts their questions side by side, `subject` is what they are
asked about. Unknown never passes: whatever gives no answer stops the migration as much as a bad one.
"""
