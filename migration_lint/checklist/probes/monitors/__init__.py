"""Who watches the database: one module for each kind of service."""
