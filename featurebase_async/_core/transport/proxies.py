"""The proxy that the environment names for a URL: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

The variables are read as curl reads them, and as urllib does where the system has settings of its own.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from featurebase_async._base_url import is_host
from featurebase_async.errors import ConfigurationError

__all__ = ["environment_proxy"]

PORTS = {"http": 80, "https": 443}


def environment_proxy(base_url: str) -> str | None:
    """Return the proxy for a URL, None for none.

    Raises:
        ConfigurationError: The proxy is not an HTTP proxy, or is not a URL.
    """
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- a large import for a rare option

    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    proxies = getproxies()
    scheme = next((scheme for scheme in (parts.scheme, "all") if proxies.get(scheme)), None)
    if scheme is None or _is_excluded(host, port, proxies.get("no", "")) or proxy_bypass(f"{host}:{port}"):
        return None
    proxy = _checked(proxies[scheme], scheme)
    # What is on this machine is reached without TLS: the key must not leave it.
    return proxy if _is_here(urlsplit(proxy).hostname or "") or not _is_here(host) else None


def _checked(proxy: str, scheme: str) -> str:
    """Return the URL of a proxy; without a scheme it is one of HTTP."""
    proxy = proxy.strip()
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        fine = parts.scheme in PORTS and is_host(host) and parts.port != 0 and not parts.netloc.endswith(":")
    except ValueError:
        fine = False
    if fine:
        return url
    kind = url.partition("://")[0].lower()
    named = kind not in PORTS and re.fullmatch("[a-z][a-z0-9+.-]*", kind)
    wrong = f"names a {kind} proxy" if named else "is not a URL"
    raise ConfigurationError(
        f"{_variable(scheme)} {wrong}: only HTTP proxies are supported, such as http://proxy.example:3128; "
        "change it, add the host to NO_PROXY, or leave trust_env out"
    )


def _variable(scheme: str) -> str:
    """Name the variable that a proxy came from."""
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
    return next((name for name in names if os.environ.get(name)), "the proxy setting of the system")


def _is_here(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_excluded(host: str, port: int, no_proxy: str) -> bool:
    """Return whether `NO_PROXY` lists a host: by name, domain, port, address or network."""
    entries = re.split(r"[,\s]+", no_proxy.lower())
    return any(_matches(entry, host.lower().rstrip("."), port) for entry in entries)


def _matches(entry: str, host: str, port: int) -> bool:
    name, given_port = _split(entry)
    if not name or (given_port and given_port != str(port)):
        return False
    if name == "*":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        name = name.lstrip("*").strip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ip_network(name, strict=False)
    except ValueError:
        return False


def _split(entry: str) -> tuple[str, str]:
    """Split an entry into host and port, which may be empty; an IPv6 address with a port is in brackets."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, rest.lstrip(":")
    if entry.count(":") != 1:
        return entry, ""
    name, _, port = entry.partition(":")
    return name, port
