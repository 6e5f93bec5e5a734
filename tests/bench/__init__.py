"""Benchmarks: what this machine does, each figure as a ratio to a limit measured in the same run."""
