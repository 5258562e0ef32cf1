"""`python -m smolsynth`."""

import sys

from smolsynth.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
