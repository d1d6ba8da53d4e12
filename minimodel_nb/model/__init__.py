"Encoders, mini-models and language packs."
