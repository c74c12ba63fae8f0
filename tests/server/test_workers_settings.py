"""Settings reach a worker as they are, also those that no file could hold."""

from config.schema import (
    GuardrailSettings,
    LimitSettings,
    ProviderSettings,
    RouteSettings,
    SecuritySettings,
    Settings,
    TargetSettings,
)
from config.secrets import Secret
from config.settings.cache import CacheSettings, SemanticSettings
from config.settings.detection import DetectionSettings
from server.workers.in_force import InForce
from server.workers.messages import Now, frame, to_worker

ODD = "my vendor:a model\nwith a name that is too long" + "g" * 200


def told(settings: Settings) -> Settings:
    message = to_worker.decode(frame(Now(InForce(settings), {}, {}))[4:])
    assert isinstance(message, Now)
    return message.settings


def test_what_mlflows_api_named_reaches_a_worker_whatever_it_is_called():
    settings = Settings(
        security=SecuritySettings(api_keys=(Secret("k", "env:K"),)),
        providers={ODD: ProviderSettings(kind="openai", api_key=Secret("sk-1"), headers={"x": Secret("y")})},
        routes=(
            RouteSettings(
                name=ODD,
                targets=(TargetSettings(model=f"{ODD}/m", weight=-1.0),),
                guardrails=(ODD,),
                cache=CacheSettings(semantic=SemanticSettings(model="m")),
                limits=(LimitSettings(name=ODD, cost=-0.5),),
            ),
        ),
        guardrails=(GuardrailSettings(name=ODD, detect=DetectionSettings(words=("a",), patterns={"b": "c"})),),
    )
    assert told(settings) == settings
    assert told(settings).providers[ODD].api_key == Secret("sk-1")
    assert told(settings).security.api_keys[0].reference == "env:K"
    assert told(Settings()) == Settings()
