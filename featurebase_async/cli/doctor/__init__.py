"""What `featurebase doctor` finds out about a key and the server behind it.

`examination` has the order of it all. `asking` sends requests and keeps what came back; `findings` are the lines of the
table and of the report. `key_checks`, `list_checks` and `rate_limits` only read. `write_checks` and
`contact_checks` have a few `marked_items` made, and `traces` removes them, whatever has happened.
"""
