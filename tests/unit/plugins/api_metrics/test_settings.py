"""Labels of containers in metrics."""

import pytest
from pydantic import ValidationError

from plugins.api_metrics.settings import MetricsSettings, label_name


def test_a_label_has_the_name_cadvisor_gives_it() -> None:
    assert label_name("com.docker.compose.project") == "container_label_com_docker_compose_project"


def test_two_labels_may_not_have_one_name() -> None:
    assert MetricsSettings(labels=("a.b", "a.b", "c")).labels == ("a.b", "c")
    with pytest.raises(ValidationError, match=r"'a\.b' and 'a-b' have the same name in metrics"):
        MetricsSettings(labels=("a.b", "a-b"))
