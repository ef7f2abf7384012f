"""Use cases: one file per job, one function and one transaction each; devices afterwards."""
