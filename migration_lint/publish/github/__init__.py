"""GitHub: workflow commands, a check run, review comments, one comment that sums up."""
