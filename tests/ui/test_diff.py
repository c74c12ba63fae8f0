from hypothesis import given
from hypothesis import strategies as st

from server.ui.diff import Run, side_by_side

LINES = st.lists(st.sampled_from(["a", "b b", "c, d", ""]), max_size=12)


def text(cell):
    return "".join(run.text for run in cell.runs)


@given(LINES, LINES)
def test_each_side_reads_as_its_own_text(old, new):
    rows = side_by_side("\n".join(old), "\n".join(new), context=1000)
    assert [text(row.left) for row in rows if row.left] == "\n".join(old).splitlines()
    assert [text(row.right) for row in rows if row.right] == "\n".join(new).splitlines()


@given(LINES, LINES)
def test_line_numbers_count_up(old, new):
    rows = side_by_side("\n".join(old), "\n".join(new), context=1000)
    numbers = [row.left.number for row in rows if row.left]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_words_that_changed_are_marked_and_no_others():
    (row,) = side_by_side("Be brief.", "Be brief and kind.")
    assert row.left.runs == (Run("Be brief"), Run("."))
    assert row.right.runs == (Run("Be brief"), Run(" and kind", marked=True), Run("."))


def test_long_equal_stretches_are_folded_and_counted():
    body = "\n".join(str(n) for n in range(50))
    rows = side_by_side("old\n" + body + "\nold", "new\n" + body + "\nnew")
    assert [row.count for row in rows if row.change == "skipped"] == [44]
    assert len(rows) == 9


def test_equal_texts_are_shown_whole():
    rows = side_by_side("a\nb\nc\nd\ne\nf\ng\nh\ni", "a\nb\nc\nd\ne\nf\ng\nh\ni")
    assert {row.change for row in rows} == {"same"}
