"""`python -m sync.head_office` is `hq`."""

from sync.head_office.cli import main

main()
