"""`python -m perenne.cli` is `perenne`."""

import sys

from perenne.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
