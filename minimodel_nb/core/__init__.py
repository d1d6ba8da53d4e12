"Ground: files that are whole or not there, fingerprints, numbers for people."
