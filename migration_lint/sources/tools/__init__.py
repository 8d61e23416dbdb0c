"""One module per migration tool, each with a `SOURCE`."""
