"""`flowodm tui`: the live inspector, a face on the core beside the command line.

`sources/` asks the core and knows no Textual; `screens/`, one file each, show what sources say;
`widgets/` draw. Widgets never call Kafka: a screen's worker does, in a thread, and posts a message.
"""
