"The loop, its settings and its courses."
