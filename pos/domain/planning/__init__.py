"""What to order and why, what does not move, what earns: integer arithmetic on days and sales (REP)."""
