"""The hostile drivers of the kinds that can be in processes of their own."""

from core_hostile import provide_network_driver, provide_storage_driver, provide_volume_driver

__all__ = ["provide_network_driver", "provide_storage_driver", "provide_volume_driver"]
