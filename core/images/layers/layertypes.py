"""Media types of layers (image-spec: layer.md)."""

from core.archives.compression import GZIP, ZSTD
from sdk.oci.descriptor import OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD


def layer_type(head: bytes) -> str:
    """Return the media type of a layer that begins so."""
    return OCI_LAYER_GZIP if head.startswith(GZIP) else OCI_LAYER_ZSTD if head.startswith(ZSTD) else OCI_LAYER
