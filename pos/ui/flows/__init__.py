"""The dialogues of a till, each told as one straight story over screens and services."""
