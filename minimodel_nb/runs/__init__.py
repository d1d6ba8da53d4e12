"Records, curves, tables and savings."
