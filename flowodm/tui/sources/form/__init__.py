"""A record to be sent, as a form: fields made from its schemas, texts checked, bytes in the end.

```
texts.py    what is typed into a field, as the JSON form that `produce` reads, and back
fields.py   the fields of a schema, with what they begin with
copying.py  what a form begins with, of a record that is there
form.py     what is typed so far, what is wrong with it, and the record it comes to
```

Pure: nothing here asks a cluster. What is checked is checked by the code of `flowodm produce`.
"""

from flowodm.tui.sources.form.copying import copied_of
from flowodm.tui.sources.form.fields import FormField, Path
from flowodm.tui.sources.form.form import Copied, Draft, Form, Target

__all__ = ["Copied", "Draft", "Form", "FormField", "Path", "Target", "copied_of"]
