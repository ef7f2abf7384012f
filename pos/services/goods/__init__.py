"""Goods in full: documents and their signatures, receiving, stock, counts, quality, planning."""
