"""What a database says has run there: the history tables of the migration tools.

https://documentation.red-gate.com/flyway, https://docs.liquibase.com and so on name them; the columns
are as the tools make them.
"""
