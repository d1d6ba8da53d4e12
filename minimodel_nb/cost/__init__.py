"FLOPs, memory, meters and planner."
