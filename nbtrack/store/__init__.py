"""Where everything is kept: metadata in SQL, bytes by content."""
