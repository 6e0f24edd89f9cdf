"""The command as `python -m featurebase_async.cli`."""

import sys

from featurebase_async.cli import main

if __name__ == "__main__":
    sys.exit(main())
