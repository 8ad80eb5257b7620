"""The app: a session that is simply there, chosen and steered from its page. See `App`."""

from streammatte.app.app import App

__all__ = ["App"]
