"Text, verses, tokenizers, packed blocks and masks."
