"""Killing, cutting and starving the product; what was acknowledged must still be there."""
