"""The key, how a bad one is refused, versions, and the bodies of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.cli.doctor.asking import Asker, Reply
    from featurebase_async.cli.doctor.findings import Findings, Verdict

__all__ = [
    "BAD_KEY",
    "BAD_KEY_REQUESTS",
    "ERROR_REQUESTS",
    "KEY_REQUESTS",
    "VERSION_REQUESTS",
    "check_bad_key",
    "check_errors",
    "check_key",
    "check_versions",
]

BAD_KEY = "sk_featurebase_doctor_no_such_key"
"""A key that no workspace has."""

BOARDS = "/v2/boards"
ADMINS = "/v2/admins"
CONTACTS = "/v2/contacts"

SLOW = 5.0
"""Seconds after which the refusal of a bad key is late: it was seen to take up to 10 s."""

VERSIONS = ("2026-01-01.nova", "2026-08-19.orbit", "2026-09-03.pulsar", "2025-12-12.clover", "2000-01-01.none")
"""Versions that are asked for; the last one does not exist."""

KEY_REQUESTS = 1
BAD_KEY_REQUESTS = 2
VERSION_REQUESTS = len(VERSIONS)
ERROR_REQUESTS = 5


async def check_key(asker: Asker, findings: Findings) -> bool:
    """Report whether the key works, and return whether it is worth going on."""
    reply = await asker.ask("GET", BOARDS)
    value = {"status": reply.status, "body": reply.shape, "code": reply.code, "seconds": round(reply.seconds, 1)}
    if reply.status is None:
        findings.add("key", "fail", f"not known: {reply.words} from the server", value)
        return False
    if reply.bad_key:
        text = f"refused: {reply.words}, {reply.shape} body, after {reply.seconds:.1f} s; check FEATUREBASE_API_KEY"
        findings.add("key", "fail", text, value)
        return False
    if reply.ok:
        findings.add("key", "ok", "works", value)
    else:
        findings.add("key", "warn", f"not refused, but GET {BOARDS} gave {reply.words}", value)
    return True


async def check_bad_key(asker: Asker, findings: Findings, stranger: AsyncFeaturebase) -> None:
    """Report how a key that does not exist is refused; two endpoints were seen to differ."""
    replies = [await asker.ask("GET", path, client=stranger, free=True) for path in (BOARDS, ADMINS)]
    value = [
        {"call": each.call, "status": each.status, "body": each.shape, "seconds": round(each.seconds, 1)}
        for each in replies
    ]
    words = [f"{each.words}, {each.shape} body" if each.status else each.words for each in replies]
    both = words[0] if words[0] == words[1] else f"{words[0]} ({BOARDS}); {words[1]} ({ADMINS})"
    known = all(each.bad_key for each in replies)
    slowest = max(each.seconds for each in replies)
    findings.add("bad key", "ok" if known else "warn", both, value)
    late = slowest > SLOW
    text = f"after {slowest:.1f} s" + ("; a shorter timeout hides it" if late else "")
    findings.add("bad key, delay", "warn" if late else "ok", text, round(slowest, 1))


async def check_versions(asker: Asker, findings: Findings) -> None:
    """Report which versions of the API are taken, and what an unknown one gets."""
    found: dict[str, Reply] = {}
    for version in VERSIONS:
        view = asker.client.with_options(api_version=version)
        found[version] = await asker.ask("GET", BOARDS, client=view, call=f"GET {BOARDS} ({version})")
    value = {name: {"status": reply.status, "code": reply.code, "body": reply.shape} for name, reply in found.items()}
    *known, unknown = found.items()
    taken = [name.partition(".")[2] for name, reply in known if reply.ok]
    refused = [f"{name.partition('.')[2]} {reply.words}" for name, reply in known if not reply.ok]
    text = ", ".join(taken) or "none"
    if refused:
        text += f"; refused: {', '.join(refused)}"
    findings.add("versions", "note" if refused else "ok", text, value)
    word = "taken as if it were known" if unknown[1].ok else f"refused: {unknown[1].words}"
    findings.add("unknown version", "note", word, value[unknown[0]])


async def check_errors(asker: Asker, findings: Findings) -> None:
    """Report what bodies errors have, and what is done with requests that are wrong."""
    missing = await asker.ask("GET", f"{CONTACTS}/{'0' * 24}", call=f"GET {CONTACTS}/{{id}}")
    malformed = await asker.ask("GET", "/v2/posts/no-id", call="GET /v2/posts/{id}")
    errors = {"unknown id": missing, "malformed id": malformed}
    value: dict[str, Any] = {name: {**_of(reply), "body": reply.shape} for name, reply in errors.items()}
    shapes = sorted({reply.shape for reply in errors.values()})
    text = f"{', '.join(shapes)} ({'; '.join(f'{name}: {reply.words}' for name, reply in errors.items())})"
    expected = (missing.status, malformed.status) == (404, 400) and set(shapes) <= {"envelope", "flat", "numeric"}
    findings.add("error bodies", "ok" if expected else "warn", text, value)
    await _check_wrong(asker, findings, "limit of 101", {"limit": 101})
    await _check_wrong(asker, findings, "unknown parameter", {"nosuch": "1"})
    await _check_wrong(asker, findings, "malformed cursor", {"cursor": "no-cursor"})


async def _check_wrong(asker: Asker, findings: Findings, name: str, query: Mapping[str, Any]) -> None:
    reply = await asker.ask("GET", CONTACTS, query=query, call=f"GET {CONTACTS} ({name})")
    if reply.ok:
        count = len(reply.items)
        findings.add(name, "note", f"taken: {reply.status} with {count} items", {**_of(reply), "items": count})
        return
    verdict: Verdict = "ok" if reply.status == 400 else "warn"
    findings.add(name, verdict, f"refused: {reply.words}" if reply.status else reply.words, _of(reply))


def _of(reply: Reply) -> dict[str, Any]:
    return {"status": reply.status, "code": reply.code}
