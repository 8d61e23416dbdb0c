"""Readers of the formats that owe nothing to our code: they read as the real receivers do."""
