from hypothesis import given, settings
from hypothesis import strategies as st

from storage.journal_frames import HEADER_BYTES, MAGIC, Fault, decode, encode, scan
from storage.records import Opening, Row

# As in life, no payload holds the byte 0xff: JSON is UTF-8.
payloads = st.binary(max_size=200).map(lambda data: data.replace(b"\xff", b"~"))
tables = st.sampled_from(("spans", "span_content", "assessments", "täbel"))
rows = st.builds(Row, tables, payloads, st.one_of(st.just(b""), st.binary(min_size=24, max_size=24)))
openings = st.builds(Opening, tables, payloads, st.binary(min_size=24, max_size=24))
groups = st.lists(st.lists(st.one_of(rows, openings), min_size=1, max_size=4), min_size=1, max_size=5)


def records_of(found):
    return [frame.record for frame in found.frames]


def flat(records):
    return [record for group in records for record in group]


@given(groups, st.integers(min_value=0, max_value=2**63))
def test_what_is_written_is_read_again(written, now):
    buffer = b"".join(encode(group, now) for group in written)
    found = scan(buffer, closed=False)
    assert records_of(found) == flat(written)
    assert {frame.time_ns for frame in found.frames} == {now}
    assert (found.end, found.damaged) == (len(buffer), 0)


@given(st.lists(st.builds(Row, tables, st.binary(max_size=300), st.binary(max_size=255)), min_size=1, max_size=4))
def test_any_bytes_are_a_payload(written):
    assert records_of(scan(encode(written, 1), closed=True)) == written


@settings(max_examples=12)  # each is cut at every byte
@given(groups)
def test_a_file_cut_at_any_byte_gives_the_whole_groups_before_the_cut(written):
    encoded = [encode(group, 7) for group in written]
    buffer = b"".join(encoded)
    ends = [sum(map(len, encoded[: number + 1])) for number in range(len(encoded))]
    for cut in range(len(buffer) + 1):
        whole = sum(end <= cut for end in ends)
        dead = scan(buffer[:cut], closed=True)
        assert records_of(dead) == flat(written[:whole])
        assert (dead.end, dead.damaged) == (cut, 0)
        alive = scan(buffer[:cut], closed=False)
        assert records_of(alive) == flat(written[:whole])
        assert alive.end == (ends[whole - 1] if whole else 0)


@given(groups, st.data())
def test_flipped_bytes_lose_the_frames_they_lie_in_and_no_others(written, data):
    buffer = bytearray(b"".join(encode(group, 7) for group in written))
    flips = data.draw(st.dictionaries(st.integers(0, len(buffer) - 1), st.integers(1, 255), min_size=1, max_size=5))
    frames = scan(bytes(buffer), closed=True).frames
    for place, change in flips.items():
        buffer[place] ^= change
    found = scan(bytes(buffer), closed=True)
    assert found.end == len(buffer)
    # The group that ends in a damaged frame at the very end was perhaps cut, so it is not read; all other frames are.
    starts = [0, *(frame.end for frame in frames)]
    sound = [frame.record for start, frame in zip(starts, frames, strict=False) if not any(start <= place < frame.end for place in flips)]
    kept = records_of(found)
    assert kept == sound[: len(kept)]
    assert len(sound) - len(kept) <= max(len(group) for group in written) or not kept


def test_a_damaged_frame_in_the_middle_is_skipped_and_counted():
    first, second, third = (encode([Row("spans", f'{{"n":{number}}}'.encode())], 1) for number in range(3))
    hurt = bytearray(second)
    hurt[HEADER_BYTES] ^= 0x40
    found = scan(first + bytes(hurt) + third, closed=False)
    assert [frame.record.data for frame in found.frames] == [b'{"n":0}', b'{"n":2}']
    assert found.damaged == len(second)


def test_a_damaged_length_does_not_hide_the_frames_behind_it():
    first, second, third = (encode([Row("spans", f'{{"n":{number}}}'.encode())], 1) for number in range(3))
    hurt = bytearray(second)
    hurt[11] = 0x7F  # a length of two gigabytes
    assert decode(bytes(hurt), 0) is Fault.CUT
    found = scan(first + bytes(hurt) + third, closed=False)
    assert [frame.record.data for frame in found.frames] == [b'{"n":0}', b'{"n":2}']


@given(st.binary(max_size=400), st.booleans())
def test_noise_holds_no_frames_and_ends(noise, closed):
    found = scan(noise + MAGIC * 3 + noise, closed=closed)
    assert found.frames == []


def test_a_scan_stops_behind_the_group_that_reaches_the_number_of_rows():
    encoded = [encode([Row("spans", b"{}"), Row("span_content", b"{}"), Opening("spans", b"{}", b"k")], 1) for _ in range(5)]
    found = scan(b"".join(encoded), rows=3, closed=True)
    assert (len(found.frames), found.end) == (6, len(encoded[0]) * 2)
