"""What a company's books tell of its cash: the positions that banks do not send, and the payments that are expected.

`cash_book` turns entries into positions (by the rules of `from_entries`); `open_items` and `item_book` keep what is not
paid yet, `habits` and `lateness` when third parties pay, and `expected`, `schedules` and `as_of` what could be known of
coming payments in the evening of each past day. `company` has the books of one company, `state` those of a partition.
"""
