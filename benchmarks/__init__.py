"""Ratios against a peer, on the same files."""
