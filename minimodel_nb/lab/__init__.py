"Experiments, demo and benchmarks."
