"""The dialects in which a generation is asked for; ``table`` lists them."""
