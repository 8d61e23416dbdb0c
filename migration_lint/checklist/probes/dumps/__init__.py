"""What a dump or a backup folder says of itself, and how much of it can be read."""
