"""The switches of the sandbox, and the line of `featurebase doctor` that tells what each is set to."""

from typing import Any

from featurebase_async.cli.doctor.marked_items import FIELD

BRANDS = {"organization.brands.list": 1}
HALF = {"window_phase": 0.5, "latency": 0.11}
NOW = {"epoch": None, "latency": 0.11}
SECONDS = {"reset_form": "seconds"}
PLAIN = {"custom_fields": "keep"}
DROPPED = {"custom_fields": "drop_unknown"}

# What is set, what else has to be set to see it, the line that tells, and how the line begins.
READING: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"bad_key": "unauthorized"}, {}, "bad key", "401, flat body"),
    ({"bad_key": "forbidden"}, {}, "bad key", "403, flat body"),
    ({"bad_key_delay": 0.0}, {}, "bad key, delay", "after 0.0 s"),
    ({"bad_key_delay": 10.0}, {}, "bad key, delay", "after 10.0 s; a shorter timeout hides it"),
    ({"error_shape": "envelope"}, {}, "error bodies", "envelope (unknown id: 404 contact_not_found"),
    ({"error_shape": "flat"}, {}, "error bodies", "flat (unknown id: 404;"),
    ({"error_shape": "numeric"}, {}, "error bodies", "numeric (unknown id: 404;"),
    ({"unpaged_limit": "refuse"}, {}, "limit, other lists", "refused (400 parameter_not_supported) by all"),
    ({"unpaged_limit": "ignore"}, {}, "limit, other lists", "ignored by boards"),
    ({"hourly_limits": {}}, {}, "endpoint limits", "none was met"),
    ({"hourly_limits": BRANDS}, {}, "endpoint limits", "GET /v2/brands: 429 rate_limit_exceeded with "),
    ({"retry_after": "none"}, {"hourly_limits": BRANDS}, "Retry-After", "missing from a 429"),
    ({"retry_after": "seconds"}, {"hourly_limits": BRANDS}, "Retry-After", "seconds: Retry-After: "),
    ({"retry_after": "http_date"}, {"hourly_limits": BRANDS}, "Retry-After", "HTTP date: Retry-After: Tue"),
    ({"retry_after": "milliseconds"}, {"hourly_limits": BRANDS}, "Retry-After", "milliseconds: Retry-After-Ms: "),
    ({"reset_form": "epoch_seconds"}, {}, "Reset, form", "epoch seconds"),
    ({"reset_form": "epoch_milliseconds"}, {}, "Reset, form", "epoch milliseconds"),
    ({"reset_form": "seconds"}, {}, "Reset, form", "seconds to go"),
    ({"reset_form": "http_date"}, {}, "Reset, form", "HTTP date"),
    ({"reset_rounding": "up"}, SECONDS, "Reset, rounding", "up, if it is rounded at all"),
    ({"reset_rounding": "down"}, SECONDS, "Reset, rounding", "down: it ends 1 s before the minute"),
    ({"rate_headers": True}, {}, "rate limit", "2000 in a window, 1999 left"),
    ({"rate_headers": False}, {}, "rate limit", "no X-RateLimit headers"),
    ({"key_limit": 900}, {}, "rate limit", "900 in a window, 899 left"),
    ({"workspace_limit": 500}, {}, "rate limit", "2000 in a window, 499 left"),
    ({"window": 25.0}, {"reset_rounding": "up"}, "Reset, rounding", "not known: windows end 45 s past the minute"),
    (
        {"window_phase": 15.0},
        {"reset_rounding": "up"},
        "Reset, rounding",
        "not known: windows end 15 s past the minute",
    ),
    ({"date_header": True}, {}, "clock", "the server is "),
    ({"date_header": False}, {}, "clock", "not known: there is no Date"),
    ({"clock_offset": 0.0}, NOW, "clock", "the same as here"),
    ({"clock_offset": 90.5}, NOW, "clock", "the server is 90."),
    ({"clock_offset": -7.5}, NOW, "clock", "the server is 7."),
    ({"latency": 0.25}, {}, "latency", "0.25 s usually, 0.25 s at most"),
    ({"cursor_lifetime": None}, {"latency": 0.1}, "cursors", "one of 5 s ago still works"),
    ({"cursor_lifetime": 2.0}, {"latency": 0.1}, "cursors", "one of 5 s ago gives 400 invalid_cursor"),
]
# The same for what only writing tells.
WRITING: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"contact_companies": "replace"}, {}, "contact, companies", "replace: "),
    ({"contact_companies": "add"}, {}, "contact, companies", "add: "),
    ({"email_case": "keep"}, {}, "contact, e-mail", "kept as it is"),
    ({"email_case": "lower"}, {}, "contact, e-mail", "lower-cased"),
    ({"second_email": "create"}, {}, "contact, known e-mail", "makes a second contact"),
    ({"second_email": "update"}, {}, "contact, known e-mail", "gives the contact that has the e-mail the new user id"),
    ({"second_email": "refuse"}, {}, "contact, known e-mail", "refused: 400 invalid_request"),
    ({"second_email": "refuse"}, {}, "contact, ids of two", "refused: 400 invalid_request"),
    ({"custom_fields": "keep"}, {}, "contact, custom field", "one that is not set up is kept"),
    ({"custom_fields": "drop_unknown"}, {}, "contact, custom field", "one that is not set up is dropped"),
    ({"custom_fields": "keep"}, {}, "company, custom field", "one that is not set up is kept"),
    ({"custom_fields": "drop_unknown"}, {}, "company, custom field", "one that is not set up is dropped"),
    ({"known_custom_fields": (FIELD,)}, DROPPED, "contact, custom field", "one that is not set up is kept"),
    ({"known_custom_fields": ("plan",)}, DROPPED, "contact, custom field", "one that is not set up is dropped"),
    ({"response_fields": "all"}, {}, "contact, write-only", "phone shown, createdAt shown"),
    ({"response_fields": "documented"}, {}, "contact, write-only", "phone not shown, createdAt not shown"),
    ({"response_fields": "all"}, PLAIN, "contact, null", "name reset, phone cleared, custom field removed"),
    ({"company_created_status": 200}, {}, "company, status", "200 for a new one, 200 for one that is there"),
    ({"company_created_status": 201}, {}, "company, status", "201 for a new one, 200 for one that is there"),
]
# Watching the end of a window tells what no single response can.
WATCHING: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"reset_rounding": "up"}, SECONDS, "a new window begins then"),
    ({"reset_rounding": "down"}, SECONDS, "a new window begins 0."),
    ({"reset_rounding": "up"}, {"reset_form": "epoch_seconds", "latency": 0.11}, "a new window begins then"),
    ({"reset_rounding": "down"}, {**HALF, "reset_form": "epoch_seconds"}, "a new window begins 0."),
    ({"reset_rounding": "down"}, {**HALF, "reset_form": "http_date"}, "a new window begins 0."),
    ({"reset_form": "epoch_milliseconds"}, HALF, "a new window begins then"),
    ({"rate_headers": False}, {}, "not tried: the server does not say when the window ends"),
    ({"date_header": False}, {"reset_form": "epoch_seconds"}, "not tried: the server does not say"),
]
# Nothing that a client could see.
UNSEEN = {"api_keys", "epoch", "host", "port", "allowed_hosts", "log_size"}
