"""Pyright's language server, as an editor speaks with it: completions, hover texts and problems of one open file."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from tests.support import ROOT
from tests.support.processes import LIMIT
from tests.support.tools import needs

needs_pyright = needs("pyright", there=importlib.util.find_spec("basedpyright") is not None)

_SETTINGS = {"autoImportCompletions": False, "diagnosticMode": "openFilesOnly"}


class LanguageServer:
    """One process for a folder of programs. It ends with its `with` block."""

    def __init__(self, folder):
        settings = {"typeCheckingMode": "standard", "extraPaths": [str(ROOT)]}
        (folder / "pyrightconfig.json").write_text(json.dumps(settings))
        program = [sys.executable, "-c", "from basedpyright.langserver import main; main()", "--stdio"]
        self._server = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self._folder, self._number, self._versions = folder, 0, {}
        place = folder.as_uri()
        shown = {"documentationFormat": ["plaintext"]}
        told = {"completion": {"completionItem": shown}, "hover": {"contentFormat": ["plaintext"]}, "diagnostic": {}}
        capabilities = {"textDocument": told, "workspace": {"configuration": True}}
        folders = [{"uri": place, "name": folder.name}]
        self._ask("initialize", processId=None, rootUri=place, workspaceFolders=folders, capabilities=capabilities)
        self._write(method="initialized", params={})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._ask("shutdown")
            self._write(method="exit", params={})
            self._server.wait(LIMIT)
        finally:
            self._server.kill()
            self._server.communicate(timeout=LIMIT)

    def completions(self, name, text):
        """What is offered at the end of a text of that file."""
        found = self._ask("textDocument/completion", **self._at_end(name, text))
        items = found["items"] if isinstance(found, dict) else found or []
        return [item["label"] for item in items]

    def hover(self, name, text):
        """What is shown of the last word of a text."""
        found = self._ask("textDocument/hover", **self._at_end(name, text, before=1))
        return found["contents"]["value"] if found else ""

    def problems(self, name, text):
        """Messages of errors and warnings, with their lines."""
        place = self._at_end(name, text)["textDocument"]
        found = self._ask("textDocument/diagnostic", textDocument=place)["items"]
        return [(item["range"]["start"]["line"] + 1, item["message"]) for item in found if item["severity"] <= 2]

    def _at_end(self, name, text, before=0):
        uri = (self._folder / name).as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        if version == 1:
            document = {"uri": uri, "languageId": "python", "version": version, "text": text}
            self._write(method="textDocument/didOpen", params={"textDocument": document})
        else:
            changes = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
            self._write(method="textDocument/didChange", params=changes)
        *lines, last = text.split("\n")
        return {"textDocument": {"uri": uri}, "position": {"line": len(lines), "character": len(last) - before}}

    def _ask(self, method, **params):
        self._number += 1
        self._write(id=self._number, method=method, params=params)
        while True:
            message = self._read()
            if "method" in message:
                if "id" in message:  # it asks, too
                    self._write(id=message["id"], result=self._answer(message))
            elif message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]

    @staticmethod
    def _answer(message):
        if message["method"] != "workspace/configuration":
            return None
        return [_SETTINGS if "analysis" in item.get("section", "") else None for item in message["params"]["items"]]

    def _write(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def _read(self):
        size = 0
        while line := self._server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        assert size, "the server has ended"
        return json.loads(self._server.stdout.read(size))
