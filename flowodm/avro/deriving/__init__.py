"""A Pydantic class → the tree of its schema, and how its values stand to it.

`tree.py` walks the class; what an annotation says is `annotation.py`'s, what each Python type may
be in Avro `scalars.py`'s, and defaults are `defaults.py`'s. The doors are in `bind.py`.
"""
