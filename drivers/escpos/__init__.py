"""ESC/POS receipt printers: encoder, compiler, status decoder and driver."""
