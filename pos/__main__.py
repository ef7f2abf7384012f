"""`python -m pos` is `pos`."""

from pos.cli import main

main()
