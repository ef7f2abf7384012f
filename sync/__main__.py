"""`python -m sync` is `pos-sync`."""

from sync.cli import main

main()
