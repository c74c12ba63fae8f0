"""What outlives a reload."""

from config.schema import ProviderSettings, RouteSettings, Settings, TargetSettings
from gateway.resilience.types import Failure, Reason
from gateway.snapshot import Snapshot
from gateway.types import Target


def settings(base_url: str) -> Settings:
    route = RouteSettings(name="r", targets=(TargetSettings(model="up/one"),), fallbacks=("fake/echo",))
    return Settings(providers={"up": ProviderSettings(base_url=base_url), "fake": ProviderSettings(kind="fake")}, routes=(route,))


def test_a_target_that_is_left_alone_still_is_after_a_reload_unless_its_account_changed():
    one = Target("up", "one")
    before = Snapshot(settings("http://127.0.0.1:9/v1"))
    before.pools["r"].failed(one, Failure(reason=Reason.STATUS, status=429, retry_after=60))
    assert not Snapshot(settings("http://127.0.0.1:9/v1"), before=before).pools["r"].allows(one)
    assert Snapshot(settings("http://127.0.0.1:10/v1"), before=before).pools["r"].allows(one)
