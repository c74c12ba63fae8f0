"""Whose request it is: keys, tokens and signatures, one file each. An account knows no dialect, and a dialect no account."""
