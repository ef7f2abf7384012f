"""Commands of `pos`, one file each; loaded when they are called."""
