import pytest

from storage.errors import EditedMigration, MigrationError, MissingMigration, NewerSchema
from storage.migration_ledger import Applied, Migration, pending, read_migrations, shipped

ONE, TWO, THREE = (Migration(name, f"sum of {name}", "") for name in ("0001_a", "0002_b", "0003_c"))


def applied(*migrations):
    return [Applied(migration.name, migration.checksum) for migration in migrations]


def test_what_is_not_in_the_ledger_is_pending_in_order():
    assert pending([ONE, TWO, THREE], [], database="telemetry") == [ONE, TWO, THREE]
    assert pending([ONE, TWO, THREE], applied(ONE), database="telemetry") == [TWO, THREE]
    assert pending([ONE, TWO], applied(TWO, ONE), database="telemetry") == []


def test_an_edited_file_is_refused_by_name_and_says_how_to_go_on():
    edited = Migration("0001_a", "other", "")
    with pytest.raises(EditedMigration, match=r"telemetry migration '0001_a' was applied .* put the file back"):
        pending([edited, TWO], applied(ONE), database="telemetry")


def test_data_of_a_newer_release_is_refused():
    with pytest.raises(NewerSchema, match=r"metadata database has migration '0003_c'"):
        pending([ONE, TWO], applied(ONE, TWO, THREE), database="metadata")


def test_a_gap_in_the_ledger_is_refused():
    with pytest.raises(MissingMigration, match=r"'0001_a' was never applied"):
        pending([ONE, TWO], applied(TWO), database="telemetry")


def test_two_files_with_one_number_are_refused():
    with pytest.raises(MissingMigration, match="a number each"):
        pending([ONE, Migration("0001_b", "", "")], [], database="telemetry")


def test_every_refusal_is_a_migration_error():
    assert all(issubclass(error, MigrationError) for error in (EditedMigration, MissingMigration, NewerSchema))


def test_the_checksum_is_of_the_bytes_of_the_file(tmp_path):
    (tmp_path / "0001_a.sql").write_bytes(b"SELECT 1\n")
    [before] = read_migrations(tmp_path, ".sql")
    (tmp_path / "0001_a.sql").write_bytes(b"SELECT 1\r\n")
    [after] = read_migrations(tmp_path, ".sql")
    assert before.name == after.name == "0001_a"
    assert before.checksum != after.checksum


@pytest.mark.parametrize(("folder", "suffix"), [(("telemetry",), ".sql"), (("metadata", "versions"), ".py")])
def test_the_migrations_of_this_release_can_all_be_applied(folder, suffix):
    migrations = read_migrations(shipped(*folder), suffix)
    assert migrations
    assert pending(migrations, [], database="x") == migrations
