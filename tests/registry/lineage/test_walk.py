"""Walking a graph whose edges are fetched as needed."""

from registry.lineage.types import Edge, Ref
from registry.lineage.walk import Links, walked

RUN, MODEL, VERSION, PROMPT = Ref("run", "r"), Ref("logged_model", "m"), Ref("model_version", "v/1"), Ref("prompt", "p/1")
TRACES = [Ref("trace", f"t{number}") for number in range(3)]
EDGES = [
    Edge(PROMPT, RUN, "used"),
    Edge(RUN, MODEL, "produced"),
    Edge(MODEL, VERSION, "registered"),
    *[Edge(MODEL, trace, "recorded") for trace in TRACES],
    *[Edge(PROMPT, trace, "used") for trace in TRACES],
]


class World:
    def __init__(self):
        self.asked = []

    async def __call__(self, refs):
        self.asked += refs
        return Links([edge for edge in EDGES if edge.source in refs or edge.target in refs])


async def test_up_is_what_was_before_and_down_what_came_after():
    up = await walked(MODEL, "up", World(), depth=9, limit=99)
    assert set(up.nodes) == {MODEL, VERSION, RUN, PROMPT}  # the version is the model, under another name
    down = await walked(RUN, "down", World(), depth=9, limit=99)
    assert set(down.nodes) == {RUN, MODEL, VERSION, *TRACES}


async def test_both_has_no_siblings():
    found = await walked(TRACES[0], "both", World(), depth=9, limit=99)
    assert set(found.nodes) == {TRACES[0], PROMPT, MODEL, VERSION, RUN}


async def test_a_version_has_what_came_of_its_model():
    assert set((await walked(VERSION, "down", World(), depth=9, limit=99)).nodes) == {VERSION, MODEL, *TRACES}


async def test_no_node_is_asked_for_twice():
    world = World()
    await walked(MODEL, "both", world, depth=9, limit=99)
    assert len(world.asked) == len(set(world.asked))


async def test_what_is_left_out_is_told():
    assert (await walked(RUN, "down", World(), depth=1, limit=99)).truncated
    assert (await walked(RUN, "down", World(), depth=9, limit=3)).truncated
    whole = await walked(RUN, "down", World(), depth=9, limit=99)
    assert not whole.truncated
    assert not (await walked(VERSION, "up", World(), depth=3, limit=99)).truncated
