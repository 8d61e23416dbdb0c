"""Pages that stand for themselves: one file, no script, nothing from the network."""
