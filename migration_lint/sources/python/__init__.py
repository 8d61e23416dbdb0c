"""Python read as syntax: nothing of what is read here is ever run.

`syntax` parses a file, `strings` maps the text of string literals to their places, `values`
evaluates what is literal.
"""
