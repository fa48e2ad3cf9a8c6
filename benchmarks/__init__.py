"""Benchmarks: every compute path beside a peer, with the ratio, the accuracy, and compile time apart."""
