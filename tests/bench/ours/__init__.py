"""The product's own paths, as programs that answer the same questions as the baselines."""
