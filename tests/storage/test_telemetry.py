import msgspec


class Number(msgspec.Struct):
    n: int


async def test_rows_that_were_inserted_are_read_back(telemetry):
    await telemetry.insert(
        "assessments",
        b'{"assessment_id":"a","trace_id":"%s","name":"x","created_at":"1795478400.001","updated_at":"1795478400.001"}' % (b"0" * 32),
        token="t",
    )
    assert await telemetry.query("SELECT count() AS n FROM assessments WHERE name = {name:String}", {"name": "x"}, Number) == [Number(1)]
