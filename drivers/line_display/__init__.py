"""Customer displays: profiles, the bytes of each model, the driver and its simulation."""
