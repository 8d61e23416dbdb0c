"""What servers do: one folder per engine, all behind `Engine`."""
