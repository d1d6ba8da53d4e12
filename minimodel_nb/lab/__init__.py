"Experiments from settings files, the demo, and benchmarks."
