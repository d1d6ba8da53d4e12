"The tasks of the paper and others: examples, metrics, controls, statistics."
