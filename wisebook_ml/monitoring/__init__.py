"""What operators see of each process: metrics, whether it is ready, and what it reports of itself.

Kept off the way of records: metrics are set once a batch, and what can be told when asked (lag, readiness) is told
then.
"""
