"""What the benchmarks stand on: upstreams, peers, and ways to put load on them."""
