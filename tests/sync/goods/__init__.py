"""Goods over two stores, two tills each, and head office: the same figures in every book."""
