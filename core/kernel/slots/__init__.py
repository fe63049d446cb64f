"""The slot of a driver: what stands between the engine, which sees the driver's interface, and the driver."""
