"Corpora, tokenizers, blocks and masks."
