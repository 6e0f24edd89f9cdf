"""The fixtures as they are: the plugin itself may or may not be loaded by its entry point here."""

from featurebase_async.pytest_plugin import featurebase_client, featurebase_sandbox

__all__ = ["featurebase_client", "featurebase_sandbox"]
