"""Settings that all drivers have that send logs elsewhere."""

from pydantic import Field

from sdk.providers import PluginSettings


class ShippingSettings(PluginSettings):
    """How the local copy rotates that `docker logs` reads, in files of at most `cache_max_size`, `cache_max_file` of them; and how many bytes of
    a container's output may wait for its receiver, `buffer_bytes`."""

    cache_max_size: str = Field("20m", description="size of a file of the local copy")
    cache_max_file: int = Field(5, description="files of the local copy")
    cache_compress: bool = Field(True, description="compress the files of the local copy that are put aside")  # noqa: FBT003 - pydantic's way
    buffer_bytes: int = Field(
        4 << 20, gt=0, description="bytes of one container's output that may wait in memory; more waits in the copy"
    )
