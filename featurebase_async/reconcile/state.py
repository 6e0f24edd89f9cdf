"""What a run does with its state: rows that were acknowledged are left out, and what is acknowledged is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, encode_query
from featurebase_async.bulk.memory import Recalled
from featurebase_async.errors import APIStatusError, AuthenticationError, ConfigurationError, ResponseDecodeError
from featurebase_async.models.users import Contact
from featurebase_async.paging.page import Envelope, envelope_of
from featurebase_async.reconcile.journal import HASH, Journal, Mark
from featurebase_async.reconcile.state_file import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featurebase_async._core.sender import Sender
    from featurebase_async.bulk.memory import Difference
    from featurebase_async.bulk.upsert import PreparedRow

__all__ = ["State", "find_organization", "host_of"]

MAX_EXACT: Final = 2**53
"""From here on, not every integer is a float."""

MAX_KEYS: Final = 16
"""API keys whose hashes are remembered, the last ones."""


class State:
    """The state of one run. It is a `RowMemory`.

    Attributes:
        journal: The journal, while it is open.
    """

    def __init__(self, path: object, sender: Sender, kind: str) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            InvalidRequestError: `path` is no path.
        """
        self._file = resolved(path)
        self._sender = sender
        self._kind = kind
        self._organization: str | None = None
        self._key_is_known = False
        self.journal: Journal

    async def open(self) -> None:
        """Open the file, and make sure that it belongs to the workspace of the client's key.

        Raises:
            ConfigurationError: It can't be used, or is for something else.
            StateInUseError: Another run uses it.
            FeaturebaseError: The workspace can't be found out.
        """
        self.journal = await Journal.open(self._file, {"kind": self._kind, "host": host_of(self._sender)})
        try:
            await self._check_organization()
        except BaseException:
            await self.journal.close()
            raise

    async def _check_organization(self) -> None:
        about = self.journal.about
        if "organization" in about:
            self._organization = about["organization"].decode()
        if self._fingerprint() in self._fingerprints():
            self._key_is_known = True
        elif self._kind != "contacts" or self._fingerprints():
            # A key of which nothing is known may be of any workspace. Contacts name theirs, but nothing else does, and
            # a run that sends nothing would never get to see one.
            await self._belong_to(await find_organization(self._sender))

    async def _belong_to(self, organization: str | None) -> None:
        """Note the workspace that the key belongs to, and with it the key.

        Raises:
            ConfigurationError: The state is for another one, or nobody knows.
        """
        journal, known = self.journal, self._fingerprints()
        if known and not self._key_is_known and (organization is None or self._organization is None):
            raise ConfigurationError(
                f"state file {self._file} was made with another API key, and whether this one is of the same workspace "
                "can't be found out; use a file of its own for each workspace"
            )
        if self._organization is not None and organization != self._organization:
            raise ConfigurationError(
                f"state file {self._file} is for organization {self._organization!r}, and the API key is of "
                f"organization {organization!r}; use a file of its own for each"
            )
        notes: dict[str, bytes] = {}
        if organization is not None and self._organization is None:
            self._organization = organization
            notes["organization"] = organization.encode()
        if not self._key_is_known:
            self._key_is_known = True
            notes["keys"] = b"".join([*known, self._fingerprint()][-MAX_KEYS:])
        for name, value in notes.items():
            await journal.note(name, value)

    def _fingerprint(self) -> bytes:
        key = self._sender.session.keys.known
        return b"" if key is None else key.fingerprint(self.journal.salt, HASH)

    def _fingerprints(self) -> list[bytes]:
        packed = self.journal.about.get("keys", b"")
        return [packed[at : at + HASH] for at in range(0, len(packed), HASH)]

    def recall(self, row: PreparedRow[Any]) -> Recalled:
        """Return what is known of a row.

        Raises:
            ConfigurationError: The file is damaged.
        """
        journal = self.journal
        key = self._key(row.identifier, row.key)
        body = journal.hash(canonical(row.request.body or b""))
        known = journal.acknowledged(key)
        if known is None:
            return Recalled(key, body)
        ignored = tuple(mark.name for mark in known.marks)
        return Recalled(key, body, same=known.body == body, other=bool(known.body), id=known.id, ignored=ignored)

    def _key(self, identifier: str | None, key: str | None) -> bytes:
        return self.journal.hash(f"{identifier}:{key}".encode("utf-8", "surrogatepass"))

    def marks(self, identifier: str, key: str) -> tuple[Mark, ...]:
        """Return what the server did not keep of the row with this key.

        Raises:
            ConfigurationError: The file is damaged.
        """
        known = self.journal.acknowledged(self._key(identifier, key))
        return () if known is None else known.marks

    async def before_sending(self, recalled: Recalled) -> None:
        """Forget another body of the same key.

        Raises:
            ConfigurationError: The file can't be written.
        """
        if recalled.other:
            await self.journal.forget(recalled.key)

    async def acknowledge(self, recalled: Recalled, value: Any, differences: Sequence[Difference]) -> None:
        """Remember the body of a row, and return once that survives the end of the process.

        Raises:
            ConfigurationError: The file can't be written, or the response is of another workspace.
        """
        organization: object = getattr(value, "organization_id", None)
        if isinstance(organization, str):
            if organization != self._organization or not self._key_is_known:
                await self._belong_to(organization)
        elif not self._key_is_known:
            await self._belong_to(self._organization)
        found: object = getattr(value, "id", None)
        marks = [Mark(each.name, self.mark(each)) for each in differences]
        await self.journal.acknowledge(recalled.key, recalled.body, found if isinstance(found, str) else None, marks)

    def mark(self, difference: Difference) -> bytes:
        """Return the hash of what was sent and what came back."""
        values = [difference.wanted, difference.given]
        return self.journal.short_hash(msgspec.json.encode(values, order="sorted"))

    async def close(self) -> None:
        """Write what waits, and let others use the file."""
        await self.journal.close()


def host_of(sender: Sender) -> str:
    """Return the host that a client speaks to, with its port where that is another one."""
    return urlsplit(sender.session.base_url).netloc.rpartition("@")[2]


async def find_organization(sender: Sender) -> str | None:
    """Return the id of the workspace that a key belongs to, by one of its contacts; None where that can't be had.

    Raises:
        FeaturebaseError: The key is refused, or the server can't be reached.
    """
    decoder: msgspec.json.Decoder[Envelope[Contact]] = decoder_for(envelope_of(Contact))
    query = encode_query({"contactType": "all", "limit": 1})
    request = Request(operation="users.contacts.list", method="GET", path="/v2/contacts", decoder=decoder, query=query)
    try:
        page = await sender.send(request)
    except AuthenticationError:
        raise
    except (APIStatusError, ResponseDecodeError):
        return None
    named: list[object] = [getattr(contact, "organization_id", None) for contact in page.data]
    return next((organization for organization in named if isinstance(organization, str)), None)


def _number(text: str) -> float:
    """Return a number as an integer where it is one: 5 and 5.0 are the same to the server."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < MAX_EXACT else number


_decoder = msgspec.json.Decoder(float_hook=_number)


def canonical(body: bytes) -> bytes:
    """Return a body in the one form of all that mean the same: the order of names, and how numbers are written."""
    return msgspec.json.encode(_decoder.decode(body), order="sorted")
