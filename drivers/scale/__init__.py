"""Scales: profiles, wire protocols, the serial driver and its simulation."""
