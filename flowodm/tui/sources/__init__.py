"""What the screens are fed with: small protocols, and what the core says through them.

Everything here may block and is called from threads. Nothing here knows Textual or rich.
"""
