"Files, fingerprints, units and families of models."
