"""The command as `python -m featurebase_async.cli`."""

import sys

from featurebase_async.cli import main

sys.exit(main())
