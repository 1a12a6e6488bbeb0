"""The command line. It prints, prompts and exits; the core does not.

`app.py` is the table of commands, `frame.py` builds them when asked, `output.py` is the only
place that prints. A command is one function in the module of its noun.
"""
