"""The client from code that is not async: scripts, Flask, Django, Celery, notebooks.

    from featurebase_async.blocking import Featurebase

    with Featurebase() as fb:
        contact = fb.users.contacts.create_or_update(email="ada@example.com")
        for contact in fb.users.contacts.list():
            print(contact.email)

It has every call of `AsyncFeaturebase`, with the same options, errors, pacing and retries, and runs them on an event
loop in a thread of its own. One client serves any number of threads.
"""

from featurebase_async.blocking.client import Featurebase
from featurebase_async.blocking.lists import Pager
from featurebase_async.blocking.plans import Plan
from featurebase_async.blocking.rows import BulkStream

__all__ = ["BulkStream", "Featurebase", "Pager", "Plan"]
