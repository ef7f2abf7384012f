"""The till's screens: they show values and call services; no SQL, no device, no arithmetic."""
