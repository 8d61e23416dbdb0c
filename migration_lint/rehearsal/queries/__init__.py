"""The deployed code's queries: read from where teams keep them, and prepared before and after."""
