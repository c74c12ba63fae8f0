"""Benchmarks: Tidegate beside a limit (direct, nginx) and beside each peer that is installed, in one run on one machine."""
