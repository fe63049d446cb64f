"""Whiteouts: how a layer says that a name of the layers below is gone (image-spec: layer.md "Whiteouts").

In a tar it is an empty file `.wh.NAME`, or `.wh..wh..opq` for "nothing below this directory". On disk they are as overlayfs has them.
"""

from sdk.storage.whiteouts import PRIVATE_XATTRS, is_whiteout, make_opaque, make_whiteout

__all__ = ["OPAQUE", "PREFIX", "PRIVATE_XATTRS", "RESERVED", "is_whiteout", "make_opaque", "make_whiteout"]

PREFIX = b".wh."
OPAQUE = b".wh..wh..opq"
RESERVED = b".wh..wh."
"""Names with this prefix other than OPAQUE are bookkeeping of aufs; they mean nothing to other programs."""
