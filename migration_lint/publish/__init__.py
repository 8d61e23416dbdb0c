"""A saved report, shown where a change is reviewed."""
