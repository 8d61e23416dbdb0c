"""Who knows of backups: one module for each provider, a function of its settings that returns a `Backup`."""
