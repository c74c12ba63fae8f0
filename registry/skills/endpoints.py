"""The table of skills: each path of one without an organization, and with it."""

from typing import Any, Final

from registry.skills import messages as wire
from registry.skills.registration import SkillRegistration
from registry.skills.service import SkillService
from registry.skills.version_service import SkillVersionService
from registry.wire import Endpoint

__all__ = ("endpoints",)

ROOT: Final = "/3.0/mlflow/skills"
SKILLS: Final = (f"{ROOT}/@{{owner}}/{{skill}}", f"{ROOT}/{{skill}}")


def endpoints(skills: SkillService, registration: SkillRegistration, versions: SkillVersionService) -> list[Endpoint[Any]]:
    """Every endpoint of skills, for MLflow's table."""
    named = [endpoint for path in SKILLS for endpoint in _of_skill(path, skills, registration, versions)]
    return [
        Endpoint("POST", ROOT, wire.CreateSkill, skills.create),
        Endpoint("GET", ROOT, wire.SearchSkills, skills.search),
        Endpoint("POST", f"{ROOT}/bulk-register", wire.BulkRegisterSkills, registration.create_many),
        *named,
    ]


def _of_skill(path: str, skills: SkillService, registration: SkillRegistration, versions: SkillVersionService) -> list[Endpoint[Any]]:
    version = f"{path}/versions/{{version}}"
    return [
        Endpoint("GET", path, wire.GetSkill, skills.get),
        Endpoint("PATCH", path, wire.UpdateSkill, skills.update),
        Endpoint("DELETE", path, wire.DeleteSkill, skills.delete),
        Endpoint("POST", f"{path}/tags", wire.SetSkillTag, skills.set_tag),
        Endpoint("DELETE", f"{path}/tags/{{key:path}}", wire.DeleteSkillTag, skills.delete_tag),
        Endpoint("POST", f"{path}/versions", wire.CreateSkillVersion, registration.create),
        Endpoint("GET", f"{path}/versions", wire.SearchSkillVersions, versions.search),
        Endpoint("GET", version, wire.GetSkillVersion, versions.get),
        Endpoint("PATCH", version, wire.UpdateSkillVersion, versions.update),
        Endpoint("DELETE", version, wire.DeleteSkillVersion, versions.delete),
        Endpoint("POST", f"{version}/tags", wire.SetSkillVersionTag, versions.set_tag),
        Endpoint("DELETE", f"{version}/tags/{{key:path}}", wire.DeleteSkillVersionTag, versions.delete_tag),
        Endpoint("POST", f"{path}/aliases", wire.SetSkillAlias, versions.set_alias),
        Endpoint("GET", f"{path}/aliases/{{alias}}", wire.GetSkillVersionByAlias, versions.get_by_alias),
        Endpoint("DELETE", f"{path}/aliases/{{alias}}", wire.DeleteSkillAlias, versions.delete_alias),
    ]
