"Files, fingerprints and units."
