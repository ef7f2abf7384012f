"""Devices of a counter: scanners, receipt printers, drawers and payment terminals.

This package knows nothing of shops. It turns bytes into frozen events and documents into bytes,
and receives every setting as a value.
"""

import logging

# Whoever runs the till configures logs; without that, nothing may reach the terminal.
logging.getLogger(__name__).addHandler(logging.NullHandler())
