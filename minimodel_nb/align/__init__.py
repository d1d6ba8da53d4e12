"How well two models or two languages agree."
