"Figures, widgets, report and monitor."
