"""What a statement did to a real server, and whether that is what the engine predicted."""
