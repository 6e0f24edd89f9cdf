"""Every sandbox of the tests with the most hostile value of all that the documentation of the API leaves open.

`nox -s strict` runs the tests so: what passes there depends on no guess about the server.
"""

import os
from typing import Any

from featurebase_async.sandbox import Sandbox
from featurebase_async.sandbox.wire.options import STRICT

VARIABLE = "FEATUREBASE_SANDBOX_STRICT"


def make_strict() -> None:
    """Give every sandbox the options of `Sandbox.strict()`, where the environment asks for it; a test's own win."""
    if not os.environ.get(VARIABLE):
        return
    plain = Sandbox.__init__

    def strict(self: Sandbox, **options: Any) -> None:
        plain(self, **{**STRICT, **options})

    Sandbox.__init__ = strict  # type: ignore[method-assign]
