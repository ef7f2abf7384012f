"""Goods in full: documents that move stock, their signatures, counts and registers (RCV, STK, QLT)."""
