# The compiled extension. Any ends in hal._binding, the one module that imports this.
from typing import Any

ffi: Any
lib: Any
