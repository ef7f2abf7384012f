"""One screen, one file, one stylesheet."""
