"""Steps in, findings out."""
