"""MLflow's search language, shared by all that can be searched: filters, orders, page tokens.

``grammar`` turns text into clauses and knows no field; each area says which fields it has. ``comparison_store`` makes SQL of a comparison.
"""

from registry.search.grammar import Clause, Operand, parse_filter, parse_order, unquoted
from registry.search.pages import next_token, offset_of

__all__ = ("Clause", "Operand", "next_token", "offset_of", "parse_filter", "parse_order", "unquoted")
