"""Real input: rolls made from real retail data, and what head office must then say.

Nothing in the modules that make rolls and expected figures imports the product. A roll is
written from the raw data, the expected figures are computed from the roll, and both are
proved against the control totals that came with the data before any till is involved.
"""
