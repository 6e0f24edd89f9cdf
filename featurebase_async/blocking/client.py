"""The blocking client: the tree of calls of the async client, each run on the loop of a thread.

The tree is not repeated here: what a call returns decides how it is waited for. The types are in the stub beside this
file, which is generated from the resources (a test compares it).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine
from functools import cached_property, wraps
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, cast

from featurebase_async._typing import override
from featurebase_async.blocking.lists import Pager, iterate
from featurebase_async.blocking.loop_thread import LoopThread
from featurebase_async.blocking.plans import Plan
from featurebase_async.blocking.rows import BulkStream, feed_for, run_fed
from featurebase_async.bulk.stream import BulkStream as AsyncBulkStream
from featurebase_async.client import AsyncFeaturebase
from featurebase_async.paging.merge import merge as merge_async
from featurebase_async.paging.pager import Pager as AsyncPager

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ["Featurebase"]


class _Calls:
    """A part of the tree: its calls block, its parts are such parts again."""

    def __init__(self, part: Any, thread: LoopThread) -> None:
        self._part = part
        self._thread = thread

    @override
    def __repr__(self) -> str:
        """Name what it stands for."""
        return f"<blocking {type(self._part).__name__}>"

    @override
    def __dir__(self) -> list[str]:
        """Return the names of its calls and parts."""
        return [name for name in dir(self._part) if not name.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        """Return a part, or a call that blocks."""
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = getattr(self._part, name)
        found = self._blocking(value) if callable(value) else _Calls(value, self._thread)
        self.__dict__[name] = found
        return found

    def _blocking(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def blocking(*args: Any, **kwargs: Any) -> Any:
            if call.__name__ not in {"upsert_many", "upsert_stream", "plan"}:
                return _waited(self._thread, call(*args, **kwargs))
            rows, *rest = args or (kwargs.pop("rows", None),)
            feed = feed_for(rows)
            made = call(rows if feed is None else feed, *rest, **kwargs)
            if isinstance(made, AsyncBulkStream):
                return BulkStream(cast("AsyncBulkStream[Any]", made), feed, self._thread)
            result = _waited(self._thread, made) if feed is None else run_fed(self._thread, feed, made)
            return Plan(result, self._thread) if call.__name__ == "plan" else result

        return blocking


def _waited(thread: LoopThread, made: Any) -> Any:
    """Return what a call of the async client gives, in its blocking form."""
    if isinstance(made, Coroutine):
        return thread.run(_await, cast("Coroutine[Any, Any, Any]", made))
    if isinstance(made, AsyncPager):
        return Pager(cast("AsyncPager[Any]", made), thread)
    return iterate(thread, cast("AsyncGenerator[Any]", made)) if isinstance(made, AsyncGenerator) else made


async def _await(made: Any) -> Any:
    return await made


class Featurebase(_Calls):
    """A client of the Featurebase API for code that is not async.

    It has every call of `AsyncFeaturebase`, and takes the same options. Use it with `with`, or create it at module
    level and let its first call open it; `close()` closes it. It may be used by any number of threads, and after a
    fork. A call ends at once on Ctrl-C.

    Example:
        >>> with Featurebase("sk_...") as fb:  # doctest: +SKIP
        ...     for contact in fb.users.contacts.list():
        ...         print(contact.email)

    Raises:
        ConfigurationError: An option is wrong; the text names it.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            client = AsyncFeaturebase(*args, **options)
        finally:
            del args, options  # they may hold the key, and tracebacks show what frames hold
        super().__init__(client, LoopThread())

    @override
    def __repr__(self) -> str:
        """Name the client it stands for; nothing else."""
        return f"<Featurebase on {self.__dict__.get('_part', 'no client')!r}>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled: a client holds a key and connections."""
        raise TypeError("a client is not pickled; create one in each process")

    def __enter__(self) -> Self:
        """Open the client, also one that was closed."""
        self._thread.run(self._part.__aenter__)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread. Calls that still wait raise `ClientClosedError`."""
        self._thread.run(self._part.aclose)
        self._thread.stop()

    def with_options(self, **options: Any) -> Featurebase:
        """Return a view of this client with other options, on the same connections and the same pacing."""
        view = Featurebase.__new__(Featurebase)
        _Calls.__init__(view, self._part.with_options(**options), self._thread)
        return view

    def merge(self, *pagers: Pager[Any]) -> Any:
        """Iterate over several lists at once; items come as their pages arrive, those of one list in order."""
        return iterate(self._thread, merge_async(*(pager._pager for pager in pagers)))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


class _Group:
    """A group of calls. On the class it is bound to no client: `create_autospec(Featurebase)` finds its calls."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Featurebase | None, owner: type) -> Any:
        if instance is None:
            return _Calls(getattr(AsyncFeaturebase, self._name), LoopThread())
        return instance.__getattr__(self._name)


def _method(name: str, of_async: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(of_async)
    def method(self: Featurebase, *args: Any, **kwargs: Any) -> Any:
        return self.__getattr__(name)(*args, **kwargs)

    return method


def _show_calls() -> None:
    """Give the class what its clients find by `__getattr__`, so that who looks at the class finds it too."""
    for name in sorted({*dir(AsyncFeaturebase)} - {*dir(Featurebase), "aclose"}):
        member = getattr_static(AsyncFeaturebase, name)
        if isinstance(member, cached_property):
            setattr(Featurebase, name, _Group(name))
        elif not name.startswith("_"):
            setattr(Featurebase, name, _method(name, member))


_show_calls()
