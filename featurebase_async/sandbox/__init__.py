"""A stateful Featurebase on loopback, in memory: the API with its limits, errors and cursors, and faults on demand.

    async with Sandbox() as sandbox:
        sandbox.seed(contacts=1000, companies=50, posts=200)
        ...  # point a client at sandbox.url with sandbox.api_key

It knows nothing of the client in this package. By command: ``python -m featurebase_async.sandbox``.
"""

from featurebase_async.sandbox.sandbox import Sandbox
from featurebase_async.sandbox.server.faults import Fault, Faults, Scripted
from featurebase_async.sandbox.server.request_log import Connections, LogEntry
from featurebase_async.sandbox.state.collection import Collection, Item
from featurebase_async.sandbox.state.deliveries import Delivery
from featurebase_async.sandbox.state.store import Company, Contact, Store

__all__ = [
    "Collection",
    "Company",
    "Connections",
    "Contact",
    "Delivery",
    "Fault",
    "Faults",
    "Item",
    "LogEntry",
    "Sandbox",
    "Scripted",
    "Store",
]
