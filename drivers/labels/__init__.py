"""Label printers: TSPL and ZPL, their status, driver and simulation."""
