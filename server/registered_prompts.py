"""The registry's prompts, as the gateway asks for them in the caller's name."""

from collections.abc import Mapping

from gateway.errors import PromptNotFound, PromptsUnavailable, PromptVariableMissing
from gateway.prompts import RenderedPrompt
from registry.access.checks import may
from registry.prompts import errors as prompt_errors
from registry.prompts.service import PromptService
from storage.errors import Unavailable as StorageUnavailable

__all__ = ("RegisteredPrompts",)


class RegisteredPrompts:
    """The registry as the gateway sees it."""

    def __init__(self, prompts: PromptService) -> None:
        self._prompts = prompts

    async def render(self, name: str, selector: str, variables: Mapping[str, str | int | float]) -> RenderedPrompt:
        """See ``gateway.prompts.PromptSource``. The registry's errors become the gateway's."""
        if not may("read", "registered_model", name):
            raise PromptNotFound(f"There is no prompt {name!r} that you may read.", param="model")
        try:
            prompt = await self._prompts.render(name, selector, variables)
        except prompt_errors.PromptNotFound as error:
            raise PromptNotFound(_sentences(error), param="model") from error
        except StorageUnavailable as error:
            raise PromptsUnavailable(
                f"The prompt {name!r} cannot be read now: its database is away. Try again later.", param="model"
            ) from error
        except prompt_errors.PromptError as error:
            raise PromptVariableMissing(_sentences(error), param="prompt_variables") from error
        return RenderedPrompt(messages=prompt.messages, name=prompt.name, version=str(prompt.version), model=prompt.model)


def _sentences(error: prompt_errors.PromptError) -> str:
    """The message and its hint as one text, since the gateway's dialects have no place for hints."""
    message = str(error)
    return " ".join(part for part in (f"{message[:1].upper()}{message[1:].rstrip('.')}.", error.hint) if part)
