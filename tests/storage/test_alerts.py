"""What the role that makes alerts remembers: one company is in one hand at a time."""

import threading

from sqlalchemy import Engine

from wisebook_ml.storage import AlertStore

COMPANY = 7


def test_a_company_whose_records_are_in_two_partitions_loses_nothing(engine: Engine) -> None:
    """A publisher's own partitioner may have put an acknowledgement elsewhere than the detections."""
    store = AlertStore(engine)
    inside, both = threading.Event(), threading.Barrier(3)

    def count(partition: int) -> None:
        both.wait()
        for _ in range(10):
            with store.session(partition, "t") as session:
                state = session.recall([COMPANY, COMPANY + partition])[COMPANY].state
                inside.wait(0.01)  # never set: a moment in which the other would read the same
                state.dites += 1
                session.keep(state, None, [], [], [])

    threads = [threading.Thread(target=count, args=(partition,)) for partition in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.session(1, "t") as session:
        assert session.recall([COMPANY])[COMPANY].state.dites == 30
