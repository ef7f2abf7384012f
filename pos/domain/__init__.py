"""The shop's rules as pure values and functions: no IO, no clock, no randomness, no logging."""
