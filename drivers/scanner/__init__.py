"""Barcode scanners: framing and the serial driver."""
