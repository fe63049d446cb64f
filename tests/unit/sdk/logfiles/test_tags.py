"""Tags and the fields in them."""

from pathlib import Path

import pytest

from sdk.drivers.logs import LogContext
from sdk.errors import InvalidArgument
from sdk.logfiles.tags import check_tag, expand_tag, tag_of

IMAGE = "sha256:fedcba9876543210"
CONTAINER = LogContext("0123456789abcdef", "box", "busybox:1", Path("/"), image_id=IMAGE, command=("sh", "-c", "true"))


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{{.ID}}", "0123456789ab"),
        ("{{.FullID}}", "0123456789abcdef"),
        ("{{ .Name }}-{{.ImageName}}", "box-busybox:1"),
        ("{{.DaemonName}}", "docker"),
        ("{{.ImageID}}", "sha256:fedcb"),
        ("{{.ImageFullID}}", IMAGE),
        ("{{.Command}}", "sh -c true"),
        ("}}{.Name}", "}}{.Name}"),
        ("\\1{{.Name}}", "\\1box"),
    ],
)
def test_a_tags_fields_are_filled_in(tag: str, text: str) -> None:
    assert expand_tag(tag, CONTAINER) == text


@pytest.mark.parametrize(("options", "text"), [({}, "0123456789ab"), ({"tag": ""}, "0123456789ab"), ({"tag": "{{.Name}}"}, "box")])
def test_the_tag_of_a_log_that_is_sent_elsewhere(options: dict[str, str], text: str) -> None:
    assert tag_of(LogContext("0123456789abcdef", "box", "busybox:1", Path("/"), options)) == text


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("{{.Nobody}}", "can't evaluate field Nobody in type logger.Info"),
        ("{{.Name}}{{.x}}", "can't evaluate field x in type logger.Info"),
        ("{{range .}}", "template: log-tag: only fields such as {{.Name}} can be used"),
        ("{{.Name", "template: log-tag: only fields such as {{.Name}} can be used"),
        ("{{.Name | upper}}", "template: log-tag: only fields such as {{.Name}} can be used"),
    ],
)
def test_what_only_a_template_engine_could_do_is_refused(tag: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        expand_tag(tag, CONTAINER)
    assert refused.value.message.startswith(sentence)
    with pytest.raises(InvalidArgument):
        check_tag(tag)
