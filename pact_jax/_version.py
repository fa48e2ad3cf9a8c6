"""The version, below every other module so that run manifests can record it."""

__version__ = "0.1.0"
