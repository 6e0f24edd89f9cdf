"""A million rows against a million contacts: little memory, and no long turn of the loop."""

import subprocess
import sys

import pytest

PROGRAM = r"""
import asyncio, re, sys, time
from urllib.parse import parse_qs
from featurebase_async import AsyncFeaturebase, TransportResponse

contacts, rows = int(sys.argv[1]), int(sys.argv[2])
ITEM = (
    b'{"object":"contact","id":"%024x","userId":"u%d","organizationId":"o","companies":[],"email":"u%d@example.com",'
    b'"name":"Person %d","roles":[],"type":"customer","customFields":{"plan":"pro"}}'
)
requests = 0

class Network:
    async def exchange(self, request):
        global requests
        requests += 1
        if request.method == "POST":
            found = [int(value.strip('u"')) for value in re.findall(r'"u\d+"', request.body.decode())]
            total, cursor = (1000, None) if not found else (len(found), None)
            numbers = [number for number in found if number < contacts]
        else:
            start = int(parse_qs(request.query).get("cursor", ["0"])[0])
            numbers = range(start, min(start + 100, contacts))
            cursor = start + 100 if start + 100 < contacts else None
            total = contacts
        body = b'{"object":"list","data":[%s],"nextCursor":%s,"totalCount":%d,"totalCountCapped":true}' % (
            b",".join(ITEM % (number, number, number, number) for number in numbers),
            b"null" if cursor is None else b'"%d"' % cursor,
            total,
        )
        return TransportResponse(200, {}, body)

    async def aclose(self):
        pass

worst = 0.0

async def beat():
    global worst
    while True:
        before = time.thread_time()
        await asyncio.sleep(0)
        worst = max(worst, time.thread_time() - before)

def person(number):
    plan = "free" if number % 100 == 0 else "pro"
    return {"user_id": f"u{number}", "name": f"Person {number}", "custom_fields": {"plan": plan}}

async def main():
    async with AsyncFeaturebase("sk_x", base_url="https://api.example", transport=Network) as client:
        task = asyncio.create_task(beat())
        plan = await client.users.contacts.plan(map(person, range(rows)))
        seen = 0
        async for change in plan.changes():
            seen += 1
        task.cancel()
    print(plan.counts["update"], plan.counts["same"], plan.counts["create"], seen, requests)

asyncio.run(main())
print(time.process_time(), worst, re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
"""


def run(contacts: int, rows: int) -> tuple[list[int], float, float, float]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(contacts), str(rows)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    counts, used = done.stdout.splitlines()
    seconds, worst, kilobytes = map(float, used.split())
    return [int(count) for count in counts.split()], seconds, worst, kilobytes / 1024


@pytest.mark.real_time
@pytest.mark.thorough
@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_million_rows_and_a_million_contacts() -> None:
    number = 1_000_000
    counts, seconds, worst, megabytes = run(number, number)
    assert counts[:4] == [number // 100, number - number // 100, 0, number // 100]
    assert counts[4] <= number // 100 + 1
    assert megabytes <= 200, (megabytes, seconds)
    assert worst <= 0.02, (worst, seconds)


@pytest.mark.real_time
def test_a_thousand_rows_and_a_million_contacts() -> None:
    counts, _, _, _ = run(1_000_000, 1_000)
    assert counts[:4] == [10, 990, 0, 10]
    assert counts[4] <= 40
