"Figures, widgets, reports and the monitor."
