"""Which URLs lead to this machine, whatever form the address has."""

import pytest

from featurebase_async.sandbox.wire.loopback import is_loopback, on_loopback

HERE = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.255.0.9",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0X7F.0.0.0x1",
    "0177.0.0.1",
    "017700000001",
    "000000177.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::FFFF:7f00:1]",
]
ELSEWHERE = [
    "127.evil.example",
    "127.0.0.1.nip.io",
    "localhost.evil",
    "evil.localhost",
    "0.0.0.0",  # noqa: S104 - no address to listen on
    "0",
    "0x",
    "[::]",
    "0127.0.0.1",
    "128.0.0.1",
    "2147483648",
    "3232235777",
    "0x7g.1",
    "08.0.0.1",
    "127.0.0.1.1",
    "127.0.0.256",
    "256.1",
    "127..1",
    "127.0.0.1..",
    "localhost..",
    "a.127.0.0.1",
    "127.0.0.1_",
    "-127.0.0.1",
    "+127.0.0.1",
    "127%2e0.0.1",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[::1%lo]",
    "[::2]",
    "[64:ff9b::7f00:1]",
    "[::1::1]",
    "127.0.0.1@evil.example",
    "evil.example#@127.0.0.1",
    "evil.example\\@127.0.0.1",
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020\u30020\u30021",
    "99999999999999999999",
]


@pytest.mark.parametrize("host", HERE)
def test_addresses_of_this_machine(host: str) -> None:
    assert on_loopback(f"http://{host}:8000/in")
    assert on_loopback(f"http://user:secret@{host}/in")


@pytest.mark.parametrize("host", [*ELSEWHERE, "9" * 5000, "127.0.0.1\t.evil.example", " 127.0.0.1"])
def test_all_other_hosts(host: str) -> None:
    assert not on_loopback(f"http://{host}/in")


@pytest.mark.parametrize("url", ["", "http://", "http:///in", "http://[::1", "127.0.0.1", "http://[127.0.0.1]/"])
def test_what_is_no_url(url: str) -> None:
    assert not on_loopback(url)


@pytest.mark.parametrize("host", ["::1::1", "1:2", ":", "::ffff:127.0.0.256"])
def test_what_is_no_address(host: str) -> None:
    assert not is_loopback(host)
