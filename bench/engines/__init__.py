"""The processes that are measured: one stream processor each, told by a `Job` what to do."""
