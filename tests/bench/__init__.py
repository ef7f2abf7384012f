"""The bars: each compares the product with a whole program that does the same with nothing of ours."""
