"""The database itself, right now: what the migration would wait for, and who would wait behind it.

All of it is read from the server's own views, read-only, narrowed to the relations that the pending
migrations touch. A role that does not see the sessions of others knows nothing of them: that is unknown.
"""
