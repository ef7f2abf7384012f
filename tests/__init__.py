"""Tests of the three packages, and of the journeys through all of them."""
