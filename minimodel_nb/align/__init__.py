"Agreement of models and languages."
