"""Baselines: whole programs that import nothing of pos, drivers or sync."""
