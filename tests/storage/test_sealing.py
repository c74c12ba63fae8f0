import base64
import pickle
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.secrets import Secret
from storage.errors import SealBroken, SettingsError
from storage.sealing import KEY_FILE, Seal

PLACE = "webhook/1"


def test_what_is_sealed_opens_again_after_a_restart(tmp_path):
    sealed = Seal.open(tmp_path, None).seal(Secret("open sesame"), PLACE)
    assert "sesame" not in sealed
    assert Seal.open(tmp_path, None).unseal(sealed, PLACE).reveal() == "open sesame"


def test_the_key_file_is_for_its_owner_alone(tmp_path):
    Seal.open(tmp_path, None)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_file_that_others_may_read_is_refused_with_the_cure(tmp_path):
    Seal.open(tmp_path, None)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        Seal.open(tmp_path, None)


def test_processes_that_start_together_end_up_with_one_key(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        seals = list(threads.map(lambda _: Seal.open(tmp_path, None), range(8)))
    assert {each.unseal(seals[0].seal(Secret("x"), PLACE), PLACE).reveal() for each in seals} == {"x"}


@pytest.mark.parametrize("text", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused_without_being_shown(tmp_path, text):
    with pytest.raises(SettingsError, match=r"security\.sealing_key is not a key") as caught:
        Seal.open(tmp_path, Secret(text))
    assert not text or text not in str(caught.value)


def test_a_key_of_the_settings_leaves_no_file(tmp_path):
    Seal.open(tmp_path, Secret(base64.b64encode(b"k" * 32).decode()))
    assert list(tmp_path.iterdir()) == []


def test_a_sealed_secret_opens_nowhere_else(tmp_path):
    seal = Seal.open(tmp_path, None)
    with pytest.raises(SealBroken, match="webhook/2"):
        seal.unseal(seal.seal(Secret("x"), PLACE), "webhook/2")


def test_another_key_is_told_from_damage():
    sealed = Seal(b"a" * 32).seal(Secret("x"), PLACE)
    with pytest.raises(SealBroken, match="was sealed with key"):
        Seal(b"b" * 32).unseal(sealed, PLACE)
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    for broken in (changed, sealed[:20], "s1." + Seal(b"a" * 32)._name + ".", "s9.x.y"):
        with pytest.raises(SealBroken):
            Seal(b"a" * 32).unseal(broken, PLACE)


def test_a_seal_shows_nothing_and_is_not_pickled():
    seal = Seal(b"a" * 32)
    assert repr(seal) == f"Seal({seal._name})"
    with pytest.raises(TypeError):
        pickle.dumps(seal)
