"""One module per command, with the command in `command`."""
