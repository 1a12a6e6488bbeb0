"""The contexts there are: listed, shown without their secrets, added to the user's file.

What a context is and where its settings come from is `config/`.
"""
