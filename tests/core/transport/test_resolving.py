"""A name that nobody knows, whoever was asked for it: what stops an import has to be told apart from what does not."""

import socket
from unittest.mock import Mock

import aiohttp
import pytest

from featurebase_async._core.transport.aiohttp import _failure


@pytest.mark.parametrize(
    "error", [OSError(None, "Domain name not found"), socket.gaierror(socket.EAI_NONAME, "unknown")]
)
def test_no_such_host(error: OSError) -> None:
    failure = _failure(aiohttp.ClientConnectorDNSError(Mock(), error), Mock(sent=False))
    assert (failure.kind, failure.sent) == ("host", False)
    assert isinstance(failure.cause, socket.gaierror)
