"""``/sign-in``: a name and a password for a session, and out again."""

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from registry.access.attempts import TooManyAttempts
from registry.access.sessions import COOKIE
from server.ui.pages.page import Services, page
from server.ui.services import UiServices

__all__ = ("sign_in", "sign_in_page", "sign_out")

AnyRequest = Request[Any, Any, Any]
HOME: Final = "/"


@get("/sign-in")
async def sign_in_page(request: AnyRequest, services: Services) -> Response[Any]:
    """The form; where nobody signs in, the way to the pages."""
    wanted = _local(request.query_params.get("next", HOME))
    return Redirect(wanted, status_code=303) if services.people is None else _form(services, wanted)


@post("/sign-in")
async def sign_in(request: AnyRequest, services: Services) -> Response[Any]:
    """Begin a session, and go where one wanted to go."""
    if services.people is None:
        raise NotFoundException("Nobody signs in here: security.users is off.")
    form = await request.form()
    name, password = str(form.get("username", "")), str(form.get("password", ""))
    wanted = _local(str(form.get("next", HOME)))
    try:
        session = await services.people.begin(name, password, request.client.host if request.client else "")
    except TooManyAttempts as error:
        return _form(services, wanted, name, f"Too many wrong passwords. Try again in {error.seconds:.0f} s.", 429)
    if session is None:
        return _form(services, wanted, name, "The name or the password is wrong.", 401)
    answer = Redirect(wanted, status_code=303)
    hours = services.settings().security.session_hours
    answer.set_cookie(_cookie(services, request, session, round(hours * 3600)))
    return answer


@post("/sign-out")
async def sign_out(request: AnyRequest, services: Services) -> Response[Any]:
    """End the session in this browser."""
    answer = Redirect("/sign-in", status_code=303)
    answer.set_cookie(_cookie(services, request, "", 0))
    return answer


def _cookie(services: UiServices, request: AnyRequest, value: str, seconds: int) -> Cookie:
    public = services.settings().server.public_url or ""
    is_secure = public.startswith("https:") or request.url.scheme == "https"
    return Cookie(COOKIE, value=value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=is_secure)


def _form(services: UiServices, wanted: str, name: str = "", mistake: str = "", status: int = 200) -> Response[str]:
    return page(services, "sign_in.html", title="Sign in", section="", status=status, next=wanted, name=name, mistake=mistake)


def _local(wanted: str) -> str:
    """Whether an address is one of ours: a link may not lead people elsewhere after they signed in."""
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and "\\" not in wanted
    return wanted if is_ours and not any(character < " " for character in wanted) else HOME
