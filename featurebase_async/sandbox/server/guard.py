"""Who may ask: no page of another site, and no name that somebody else has pointed at this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from featurebase_async.sandbox.wire.errors import ApiError
from featurebase_async.sandbox.wire.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from featurebase_async.sandbox.wire.options import SandboxOptions

# HTTP libraries send the second one with an empty body. A page can send neither to another site without asking first.
_TAKEN = ("application/json", "application/octet-stream")


class Guard:
    """Checks where a request believes it goes, and for the control routes where it comes from.

    A page of any site can let a name of its own point at 127.0.0.1 (DNS rebinding) and would then read every response:
    its ``Host`` gives it away. And it can send simple requests across sites: ``Origin``, ``Sec-Fetch-Site`` and the
    content types of forms give those away.
    """

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self.port: int = 0

    def check_host(self, hosts: Sequence[str]) -> None:
        """Raise a 403 unless a request has one ``Host``: a loopback one, or one from the options, with the port."""
        if len(hosts) != 1 or not self._allowed(hosts[0]):
            shown = ", ".join(hosts)[:200]
            raise ApiError(
                403,
                "host_not_allowed",
                f"The sandbox does not serve the host {shown!r}: name it in allowed_hosts if it should",
                param="host",
            )

    def check_site(self, method: str, headers: Mapping[str, str]) -> None:
        """Raise a 403 for a request to a control route that a page of another site may have sent."""
        host, origin = headers.get("host", ""), headers.get("origin")
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") or (origin is not None and origin.lower() != f"http://{host.lower()}"):
            raise ApiError(403, "cross_site", "Control routes take no requests from other sites")
        kind = headers.get("content-type", _TAKEN[0]).partition(";")[0].strip().lower()
        if method != "GET" and kind not in _TAKEN:
            raise ApiError(403, "cross_site", f"Control routes take Content-Type {_TAKEN[0]}, not {kind[:100]!r}")

    def _allowed(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", 80 if parts.port is None else parts.port
        except ValueError:
            return False
        if parts.netloc != host or "@" in host:
            return False
        known = {one.lower() for one in (self._options.host, *self._options.allowed_hosts)}
        if parts.port is not None and host.lower() in known:
            return True
        return port == self.port and (is_loopback(name) or name in known or f"[{name}]" in known)
