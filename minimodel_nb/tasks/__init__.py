"Tasks, metrics and controls."
