"""What `codegen/schema/direct/entry_forms.py` says, made of pydantic's models: `make forms` writes it."""

from __future__ import annotations

import sys
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, Discriminator, PlainValidator, Tag
from pydantic.fields import FieldInfo

from codegen.schema import entries, policies, scalars, spaces, vocabulary
from codegen.schema.direct import scalar_rules, value_checks
from codegen.schema.parts import access_words, shapes, write_rules
from codegen.schema.whole import parts as whole_parts
from tests.support import ROOT

FILE = ROOT / "codegen" / "schema" / "direct" / "entry_forms.py"
ALIASES = (scalars, policies, vocabulary, spaces, access_words, write_rules, whole_parts, entries)
MANY = 8  # words that stand better in one text
PLAIN = {int: "integer", str: "string", bool: "flag", Any: "anything"}
HEAD = '''"""The entries of a map as forms that take what is right. Made of the models in `entries`: run `make forms`."""

from __future__ import annotations

from codegen.schema.direct.scalar_rules import (
%s
)
from codegen.schema.direct.value_checks import (
%s
)
from codegen.schema.parts.shapes import %s

__all__ = ["DeviceMap", "FieldEntry", "IncludedMap", "RegisterContent"]
'''


class Maker:
    """The text, and what it needs of other modules."""

    def __init__(self) -> None:
        self.rules: set[str] = set()
        self.checks: set[str] = {"Form", "SharedForm"}
        self.shapes: set[str] = set()
        self.models: dict[str, type[BaseModel]] = {}
        self.aliases: dict[str, str] = {}
        self.used: set[str] = set()

    def text(self) -> str:
        for alias, found in ((name, found) for module in ALIASES for name, found in vars(module).items()):
            if get_origin(found) in (Annotated, Literal):
                text = self.check(found)
                if "(" in text:
                    name = "".join(f"_{letter}" if letter.isupper() else letter for letter in alias).upper().strip("_")
                    name = (
                        f"_{name}S" if f"_{name}" in self.aliases.values() and text not in self.aliases else f"_{name}"
                    )
                    self.aliases.setdefault(text, name)
        for model in (entries.IncludedMap, entries.DeviceMap):
            self.meet(model)
        parts = [
            f"{self.form(model)}.takes({', '.join([*self.like(model), self.keys(model), *self.names(model)])})\n"
            for model in self.in_order()
        ]
        aliases: list[str] = []
        for text, name in sorted(self.aliases.items(), key=lambda item: -len(item[0])):
            if name in self.used:
                aliases.insert(0, f"{name} = {self.named(text, but=name)}\n")
        kinds = dict.fromkeys(map(self.form, self.models.values()), "Form") | {"FieldEntry": "SharedForm"}
        forms = [f'{name} = {kind}("{name}")\n' for name, kind in kinds.items()]
        listed = [
            "".join(f"    {word},\n" for word in sorted(words)).rstrip("\n") for words in (self.rules, self.checks)
        ]
        head = HEAD % (*listed, ", ".join(sorted(self.shapes)))
        return "\n".join([head, "".join(forms), "".join(aliases), *parts])

    def in_order(self) -> list[type[BaseModel]]:
        """The models, bases before what is like them."""
        found: list[type[BaseModel]] = []
        for model in self.models.values():
            found += [one for one in (*self.bases(model), model) if one not in found]
        return found

    def form(self, model: type[BaseModel]) -> str:
        return model.__name__.strip("_")

    def bases(self, model: type[BaseModel]) -> list[type[BaseModel]]:
        return [base for base in model.__bases__ if issubclass(base, BaseModel) and base.model_fields]

    def meet(self, model: type[BaseModel]) -> None:
        """Put a model behind those that it is made of, so that their defaults can be made."""
        if model.__name__ in self.models or model.__name__ in self.used:
            return
        self.used.add(model.__name__)  # it may lead back to itself
        for base in self.bases(model):
            self.meet(base)
        for kind in get_type_hints(model, include_extras=True).values():
            for inner in self.inside(kind):
                self.meet(inner)
        self.models[model.__name__] = model

    def inside(self, kind: Any) -> list[type[BaseModel]]:
        if isinstance(kind, type) and issubclass(kind, BaseModel) and not get_args(kind):
            return [kind]
        return [model for part in get_args(kind) for model in self.inside(part)]

    def keys(self, model: type[BaseModel]) -> str:
        found, known = self.own(model), [item for base in self.bases(model) for item in self.all(base).items()]
        text = ", ".join(f'"{key}": {said}' for key, said in found.items() if (key, said) not in known)
        self.note(text)
        return f"keys={{{text}}}"

    def like(self, model: type[BaseModel]) -> list[str]:
        return list(map(self.form, self.bases(model)))

    def all(self, model: type[BaseModel]) -> dict[str, str]:
        return {key: said for base in self.bases(model) for key, said in self.all(base).items()} | self.own(model)

    def own(self, model: type[BaseModel]) -> dict[str, str]:
        hints, found = get_type_hints(model, include_extras=True), {}
        for name, field in model.model_fields.items():
            default = "" if field.is_required() else f" {self.default(field)}"
            found[field.alias or name] = f"({self.named(self.check(hints[name]))},{default})"
        return found

    def names(self, model: type[BaseModel]) -> list[str]:
        known = {alias for base in self.bases(model) for alias in [field.alias for field in base.model_fields.values()]}
        found = {
            field.alias: name for name, field in model.model_fields.items() if field.alias and field.alias not in known
        }
        return [f"names={str(found).replace(chr(39), chr(34))}"] if found else []

    def default(self, field: FieldInfo) -> str:
        value = field.get_default(call_default_factory=True)
        if isinstance(value, BaseModel):
            said = {name: getattr(value, name) for name in sorted(value.model_fields_set, reverse=True)}
            return f"{type(value).__name__}({said!r})".replace("'", '"')
        return repr(value).replace("'", '"')

    def named(self, text: str, but: str = "") -> str:
        """A check with the names of the value types in it."""
        for whole, name in sorted(self.aliases.items(), key=lambda item: -len(item[0])):
            if whole in text and name != but:
                self.used.add(name)
                text = text.replace(whole, name)
        self.note(text)
        return text

    def note(self, text: str) -> None:
        words = set("".join(letter if letter.isidentifier() or letter.isdigit() else " " for letter in text).split())
        self.rules |= words & {*scalar_rules.__all__}
        self.checks |= words & {*value_checks.__all__}
        self.shapes |= words & {*shapes.__all__}

    def check(self, kind: Any) -> str:  # noqa: PLR0911
        origin, parts = get_origin(kind), get_args(kind)
        if kind in PLAIN:
            return PLAIN[kind]
        if origin is Annotated:
            return self.annotated(parts[0], parts[1:])
        if origin is Literal:
            if len(parts) > MANY:
                return f'one_of("{" ".join(parts)}")'
            return f"words({', '.join(map(repr, parts))})".replace("'", '"')
        if origin in (Union, types.UnionType):
            (only,) = [part for part in parts if part is not types.NoneType]
            return f"optional({self.check(only)})"
        if origin is list:
            return f"items({self.check(parts[0])})"
        if origin is dict:
            return f"mapping({self.check(parts[0])}, {self.check(parts[1])})"
        assert issubclass(kind, BaseModel), kind
        return self.form(kind)

    def annotated(self, kind: Any, said: tuple[Any, ...]) -> str:
        form = next((item for item in said if isinstance(item, Discriminator)), None)
        plain = next((item for item in said if isinstance(item, PlainValidator)), None)
        if plain is not None:
            return plain.func.__wrapped__.__name__
        if form is not None:
            ways = {
                next(tag.tag for tag in get_args(part) if isinstance(tag, Tag)): self.check(part)
                for part in get_args(kind)
            }
            inner = ", ".join(f'"{tag}": {check}' for tag, check in ways.items())
            text = f"chosen({form.discriminator.__name__}, {{{inner}}})"
        else:
            text = self.check(kind)
        for item in said:
            if isinstance(item, FieldInfo):
                text = self.limited(text, item)
            elif isinstance(item, AfterValidator):
                text = f"then({text}, {item.func.__wrapped__.__name__})"
            elif isinstance(item, BeforeValidator) and item is not scalars.NoFlag:  # words take no flags here
                rule = getattr(item.func, "__wrapped__", item.func)
                text = f"first({rule.__name__}, {text})"
        return text

    def limited(self, text: str, field: FieldInfo) -> str:
        limits = {key: value for item in field.metadata for key, value in self.limits_of(item)}
        if "pattern" in limits:
            return f'matching(r"{limits["pattern"]}")'
        if text == "integer" and limits:
            low, high = limits.get("ge"), limits.get("le", limits["lt"] - 1 if "lt" in limits else None)
            return f"within({low})" if high is None else f"within({low}, {high})"
        if limits:
            return (
                f"{text[:-1]}, {', '.join(str(limits[key]) for key in ('min_length', 'max_length') if key in limits)})"
            )
        return text

    def limits_of(self, item: Any) -> list[tuple[str, Any]]:
        names = ("ge", "le", "lt", "min_length", "max_length", "pattern")
        return [(name, getattr(item, name)) for name in names if getattr(item, name, None) is not None]


def made() -> str:
    """The whole file, before ruff lays it out."""
    return Maker().text()


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(made(), encoding="utf-8")
    else:
        sys.stdout.write(made())
