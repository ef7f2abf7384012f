"""Numbered migrations of head office's database, one module each: `mNNNN_name` with `up`."""
