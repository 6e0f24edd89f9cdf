"""The command line as `python -m featurebase_async`."""

import sys

from featurebase_async.cli import main

sys.exit(main())
