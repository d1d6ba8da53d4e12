"Compute and memory, counted in closed form, measured, and planned."
