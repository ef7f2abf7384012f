"""`pos replay`: a till roll is traded again through till, sync and head office, and resumes."""
