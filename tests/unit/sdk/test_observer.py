"""An observer that writes nothing of the interface does nothing."""

from sdk.events import Event, EventType
from sdk.observer import Observer
from sdk.oci.runtime import Process, Root, Spec, User
from sdk.testing.fake import fake_engine


def test_nothing_is_done_by_itself() -> None:
    observer = Observer()
    observer.engine_ready(fake_engine("busybox:latest"))
    observer.on_event(Event(EventType.CONTAINER, "start", "x", 1))
    assert observer.amend_runtime_spec(Spec("1.2.0", Process(("true",), "/", User()), Root("rootfs")), "x") is None
