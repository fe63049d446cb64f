"""Drivers in processes of their own, as the kernel has them: begun, supervised and begun again. Imported only where one is asked for."""
