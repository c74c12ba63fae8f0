"""Files that are being written, on a real disk."""

from pathlib import Path

import pytest

from storage.unfinished import BUFFERS, UnfinishedFile, is_unfinished

OLD = b"what was there"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "folder" / "file"
    place.parent.mkdir()
    place.write_bytes(OLD)
    return place


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def descriptors() -> int:
    return len(names(Path("/proc/self/fd")))


def test_a_file_takes_its_place_when_it_is_finished_and_not_before(place):
    before = descriptors()
    file = UnfinishedFile(place, 9)
    assert file.begin() == file.begin()
    file.write([b"one ", b"", b"two"])
    assert place.read_bytes() == OLD
    assert [is_unfinished(name) for name in names(place.parent)] == [False, True]
    file.finish([b" 3"])
    assert (place.read_bytes(), names(place.parent), descriptors()) == (b"one two 3", ["file"], before)


def test_the_whole_may_come_at_the_end_in_more_pieces_than_the_system_takes_at_once(place):
    pieces = [bytes([number % 251]) for number in range(2 * BUFFERS + 7)]
    UnfinishedFile(place).finish(pieces)
    assert place.read_bytes() == b"".join(pieces)


def test_an_empty_file_is_a_file_in_a_folder_that_is_made(tmp_path):
    UnfinishedFile(tmp_path / "a" / "b" / "empty").finish()
    assert (tmp_path / "a" / "b" / "empty").read_bytes() == b""


def test_a_file_that_is_shorter_than_was_said_has_the_length_that_came(place):
    file = UnfinishedFile(place, 1_000_000)
    file.finish([b"short"])
    assert place.read_bytes() == b"short"


@pytest.mark.parametrize("begun", [False, True])
def test_a_file_that_is_abandoned_leaves_what_was_there_and_nothing_else(place, begun):
    before = descriptors()
    file = UnfinishedFile(place, 5)
    if begun:
        file.write([b"half"])
    file.abandon()
    file.abandon()
    assert (place.read_bytes(), names(place.parent), descriptors()) == (OLD, ["file"], before)


def test_a_file_whose_place_is_a_folder_can_be_abandoned(tmp_path):
    (tmp_path / "folder" / "within").mkdir(parents=True)
    file = UnfinishedFile(tmp_path / "folder")
    with pytest.raises(IsADirectoryError):
        file.finish([b"whole"])
    file.abandon()
    assert names(tmp_path) == ["folder"]
