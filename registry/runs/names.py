"""Names for runs and models that were given none, easy to tell apart and to say."""

import secrets
from typing import Final

__all__ = ("random_name",)

ADJECTIVES: Final = """
    amber ample bold brisk calm clear clever coastal cool coral crisp deep eager early easy fair fleet fluent fresh gentle glad
    golden grand hardy honest keen kind late light lively lucid lunar marine mellow merry mild misty neat nimble noble open patient
    placid polar proud quick quiet rapid ready rising rolling royal salty serene sharp silver sleek smooth solar sound spry steady
    still sunny swift tidal trim true vast vivid warm wide windy wise
"""
NOUNS: Final = """
    anchor albatross anemone atoll bay beacon breaker buoy cape clam coast cod cormorant cove crab creek current delta dolphin dune
    eddy eel estuary ferry fjord foam gannet grouse gull gulf harbor heron herring island jetty kelp lagoon limpet lobster mackerel
    manatee marlin mast mussel narwhal oar octopus orca osprey otter oyster pebble pelican penguin petrel pier plaice puffin quay
    reef ripple sail salmon sandbar seal shell shoal shore skiff skua sloop snail sprat spray squid starfish stream surf swell tern
    tide trout turtle urchin wave whale wharf wrasse
"""


def random_name() -> str:
    """Two words and a number of up to three digits: ``brisk-heron-417``."""
    return f"{secrets.choice(ADJECTIVES.split())}-{secrets.choice(NOUNS.split())}-{secrets.randbelow(1000)}"
