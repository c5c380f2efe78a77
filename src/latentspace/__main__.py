"""`python -m latentspace` is `latentspace`."""

import sys

from latentspace.cli import main

sys.exit(main())
