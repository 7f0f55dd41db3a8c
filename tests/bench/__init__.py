"""Benchmarks: `python -m tests.bench [--quick] [--orders 1000000] [--only reads] [--write]`. Nothing here is a test."""
