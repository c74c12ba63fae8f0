from hypothesis import given
from hypothesis import strategies as st

from storage.sql_statements import split_statements


def test_statements_come_in_order_without_semicolons_and_without_empty_ones():
    assert split_statements("SELECT 1;\n\n;SELECT 2 ; \n SELECT 3") == ["SELECT 1", "SELECT 2", "SELECT 3"]
    assert split_statements(" ;; -- nothing\n/* at all */ ") == []


def test_a_semicolon_in_quotes_ends_nothing():
    for quoted in ("'a;b'", "'it''s;'", r"'\';'", r"'\\'", '"a;b"', "`a;b`", "`a\\`;b`", "$$a;b$$", "$x$a;$$b$x$", "'--;'", "'/*;'"):
        assert split_statements(f"SELECT {quoted}; SELECT 2") == [f"SELECT {quoted}", "SELECT 2"]


def test_a_semicolon_in_a_comment_ends_nothing_and_a_quote_in_a_comment_opens_nothing():
    for comment in ("-- a;b's\n", "--;'\n", "# a;b's\n", "#! a;b's\n", "/* a;\nb's */", "/**/"):
        assert [" ".join(s.split()) for s in split_statements(f"SELECT 1 {comment} + 1; SELECT 2")] == ["SELECT 1 + 1", "SELECT 2"]


def test_operators_that_look_like_comments_are_kept():
    assert split_statements("SELECT 1 - 2 / 3 * 4, a-1") == ["SELECT 1 - 2 / 3 * 4, a-1"]


def test_what_is_never_closed_runs_to_the_end():
    assert split_statements("SELECT 'a; b") == ["SELECT 'a; b"]
    assert split_statements("SELECT 1 /* a; b") == ["SELECT 1"]


quoted = st.text(alphabet="ab;-/*'\"`\\$# \n", max_size=12).map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'")


@given(st.lists(quoted, min_size=1, max_size=5), st.sampled_from([";", " ;\n", "; -- ;'\n", "/* ' ; */;"]))
def test_any_text_in_quotes_survives_splitting(values, end):
    statements = [f"SELECT {value}" for value in values]
    assert split_statements(end.join(statements)) == statements
