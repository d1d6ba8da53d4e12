"What a run leaves: its record, curves, tables, and what it saved."
