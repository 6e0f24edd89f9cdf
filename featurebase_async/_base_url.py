"""The rule of the option `base_url`: it must be what the path of a call can be put behind."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from featurebase_async.errors import ConfigurationError

__all__ = ["checked_url", "is_host"]

_NO_URL = "must be a URL such as https://do.featurebase.app"

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")


def checked_url(url: object, *, allow_http: bool, option: str = "base_url") -> str:
    """Return a base URL without the slash at its end.

    Args:
        url: The URL.
        allow_http: Whether it may be http where it is not this machine.
        option: What it is named in the text of the error: the option, or the variable of the environment.

    Raises:
        ConfigurationError: It is not a URL, a path put behind it would lead somewhere else, or the key could be read on
            the way.
    """
    if not isinstance(url, str):
        raise ConfigurationError(f"{option} must be a URL as text, not {type(url).__name__}")
    fault = _fault_of_text(url) or _fault_of_host(url) or _fault_of_path(urlsplit(url).path)
    if fault:
        raise ConfigurationError(f"{option} {fault}")
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_http and not _is_loopback(parts.hostname or ""):
        raise ConfigurationError(
            f"{option} must be https, as the API key could be read on the way; allow_http=True permits it all the same"
        )
    return url.rstrip("/")


def _fault_of_text(url: str) -> str | None:
    """Return what is wrong with the characters of a base URL."""
    if not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        return "must contain printable ASCII characters only, and no spaces, backslashes or quotes"
    if "?" in url or "#" in url:
        return "must not contain a query or a fragment, as the paths of the calls are put behind it"
    return None


def _fault_of_host(url: str) -> str | None:
    """Return what is wrong with the scheme, the host or the port of a base URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _NO_URL
    if "@" in parts.netloc:
        return "must not contain a user or a password; the key is `api_key`"
    if parts.scheme not in {"http", "https"} or not host or port == 0 or parts.netloc.endswith(":"):
        return _NO_URL
    return None if is_host(host) else _NO_URL


def is_host(host: str) -> bool:
    """Return whether a host in lower case can be one: a name, or an IP address."""
    named = _HOST.fullmatch(host) and not host.rstrip(".").rpartition(".")[2].isdecimal()
    return bool(named) or _is_address(host)


def _fault_of_path(path: str) -> str | None:
    """Return what is wrong with the path of a base URL."""
    segments = [unquote(segment) for segment in path.rstrip("/").split("/")[1:]]
    if path.endswith("//") or not all(segments):
        return "must not contain an empty segment ('//')"
    if {".", ".."} & set(segments) or any(
        set(segment) & set("/\\?#%") or not segment.isprintable() for segment in segments
    ):
        return "must not contain '.' or '..' as a segment, nor encoded separators"
    if segments and segments[-1].lower() == "v2":
        return "must not end in /v2, as the paths of the calls begin with it"
    return None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)
