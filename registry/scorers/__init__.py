"""Registered scorers: what an evaluation or an online check is made of, in numbered versions. They are kept and served, never run here."""
