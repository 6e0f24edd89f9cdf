"""`featurebase sandbox`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

__all__ = ["app"]

app: App = App(name="sandbox", help="A Featurebase in memory, on this machine, to try things out.")


@app.command(help_flags=[])
def serve(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]) -> int:
    """Serve a sandbox until it is stopped; --help tells its options."""
    from featurebase_async.sandbox.__main__ import main

    return main(arguments, prog="featurebase sandbox serve")
