"""The network: what a transport is, the one on aiohttp, its timeouts, and bodies with files."""
