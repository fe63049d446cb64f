"""The frontend: an ASGI application made from an engine."""

from typing import cast

from plugins.api_docker.app import Application
from plugins.api_docker.forms import FormValues
from plugins.api_docker.settings import ApiDockerSettings
from plugins.api_docker.versions import Negotiation
from sdk.engine import Engine
from sdk.frontend import ApiFrontend, ASGIApp


class DockerFrontend(ApiFrontend):
    """The Docker Engine API at the root of the daemon's listeners."""

    def __init__(self, settings: ApiDockerSettings) -> None:
        self._settings = settings

    def build(self, engine: Engine) -> ASGIApp:
        """Return the application: negotiation around form values around the routes."""
        app = Application(engine, self._settings)
        return cast(ASGIApp, Negotiation(FormValues(app), experimental=self._settings.experimental))
