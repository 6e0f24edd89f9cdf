"""Which hosts are this machine and nothing else."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

_LOOPBACK = IPv4Address("127.0.0.0"), IPv4Address("127.255.255.255")
_NUMBER = re.compile(r"0[xX](?P<hex>[0-9a-fA-F]{0,32})|0(?P<octal>[0-7]{0,32})|(?P<decimal>[1-9][0-9]{0,32})")
_PRINTABLE = re.compile(r"[!-~]+")


def on_loopback(url: str) -> bool:
    r"""Return whether a URL leads to this machine; False for one that two readers could read differently.

    Such as ``http://evil.example\@127.0.0.1``, or one with blanks or letters beyond ASCII in it.
    """
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        return False
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and is_loopback(host)


def is_loopback(host: str) -> bool:
    """Return whether a host is ``localhost`` or a loopback address, in any form in which resolvers read addresses.

    Names below ``localhost`` are not: not every resolver keeps them on this machine. Nor is ``0.0.0.0``.
    """
    if host.lower() in ("localhost", "localhost."):
        return True
    if ":" in host:
        return _is_loopback_6(host)
    address = _ipv4(host)
    return address is not None and _LOOPBACK[0] <= address <= _LOOPBACK[1]


def _is_loopback_6(host: str) -> bool:
    try:
        address = IPv6Address(host)
    except AddressValueError:
        return False
    mapped = address.ipv4_mapped
    if mapped is not None:
        return _LOOPBACK[0] <= mapped <= _LOOPBACK[1]
    return address == IPv6Address("::1")


def _ipv4(host: str) -> IPv4Address | None:
    """Return the address that a host stands for: 1 to 4 numbers, each decimal, octal or hex, the last one the rest."""
    found = [_NUMBER.fullmatch(part) for part in host.removesuffix(".").split(".")]
    if len(found) > 4:
        return None
    numbers: list[int] = []
    for number in found:
        if number is None:
            return None
        base = {"hex": 16, "octal": 8, "decimal": 10}[number.lastgroup or "hex"]
        numbers.append(int(number[number.lastgroup or "hex"] or "0", base))
    *head, last = numbers
    if any(number > 255 for number in head) or last >= 256 ** (4 - len(head)):
        return None
    return IPv4Address(sum(number << 8 * (3 - at) for at, number in enumerate(head)) + last)
