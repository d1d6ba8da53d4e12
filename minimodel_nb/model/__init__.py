"One view over masked LMs; mini-models, language packs and their initial embeddings."
