"""The benchmarks: `python -m bench` measures this project beside its peers, on one broker that it starts itself.

Each file of `bench/benches` is one benchmark; each file of `bench/engines` is a process that it measures.
"""
