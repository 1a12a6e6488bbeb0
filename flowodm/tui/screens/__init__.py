"""The screens, one file each; `page.py` is what they share."""
