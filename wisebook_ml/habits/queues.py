"""Queues of rows: what bounds the memory of a company, by the order of its entries."""

from wisebook_ml.compiled import Array, compiled

__all__ = ["dequeue", "enqueue"]


@compiled
def enqueue(queue: Array, rows: Array, row: int) -> None:
    """Put a row at the end."""
    rows[row].next = 0
    if queue.last != 0:
        rows[queue.last].next = row
    else:
        queue.first = row
    queue.last = row
    queue.count += 1


@compiled
def dequeue(queue: Array, rows: Array) -> int:
    """Take the first row out and return it."""
    row = queue.first
    queue.first = rows[row].next
    if queue.first == 0:
        queue.last = 0
    queue.count -= 1
    return int(row)
