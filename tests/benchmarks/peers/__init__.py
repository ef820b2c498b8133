"""nbtrack beside other trackers: the same work, each in an environment of its own.

``python -m tests.benchmarks.peers`` runs it; `worker` is what runs in each environment.
"""
