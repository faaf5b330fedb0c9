"""Formats that only an office program reads (.doc, .wps, .rtf, .odt, .ods, .xlsb), through LibreOffice.

Each conversion runs in a folder and with a profile of its own, so that two can run at once and an
open window of the user's does not answer in its place. Macros of the document do not run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from index.parsers.docx import read_docx
from index.parsers.errors import UnreadableFile
from index.parsers.file_kind import kind_of
from index.parsers.xlsx import read_xlsx
from index.records import Source

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>
"""
_SETTING = (
    '<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
)
_SAFE = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "1"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
    ("Inet/Settings", "ooInetNoProxy", ""),
)
"""No macros, and nothing fetched: pictures and sections linked by address would be. The proxy answers nothing."""
TIMEOUT = 90.0
"""Seconds; a large document takes about ten on a slow machine."""
_NOT_INSTALLED = (
    "读取 {suffix} 文件需要 LibreOffice，本机没有找到。请安装（apt-get install libreoffice-writer libreoffice-calc）后"
    "重新导入，或用 Office、WPS 另存为 {target} 后再导入。"
)


def read_legacy_text(path: Path) -> Source:
    """Read a text document.

    Raises:
        UnreadableFile: LibreOffice is missing, cannot open the file, or takes too long.
    """
    return _read(path, "docx")


def read_legacy_sheet(path: Path) -> Source:
    """Read a workbook; errors as :func:`read_legacy_text`."""
    return _read(path, "xlsx")


def _read(path: Path, target: str) -> Source:
    form = path.suffix.lower().lstrip(".") or target
    with tempfile.TemporaryDirectory(prefix="budgetqa-office-") as folder:
        converted = convert(path, target, Path(folder))
        source = read_docx(converted) if target == "docx" else read_xlsx(converted)
    return replace(source, format=form)


def convert(path: Path, target: str, folder: Path, timeout: float = TIMEOUT) -> Path:
    """Write ``path`` as a ``target`` file ("docx", "xlsx") in ``folder`` and return it.

    Raises:
        UnreadableFile: see :func:`read_legacy_text`.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise UnreadableFile(_NOT_INSTALLED.format(suffix=path.suffix or "此类", target=f".{target}"))
    # WPS's .wps holds a Word document; the extension would send it to the reader of another .wps.
    copy = folder / f"in{kind_of(path)}"
    shutil.copyfile(path, copy)
    out = folder / "out"
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    items = "".join(_SETTING.format(path=path, name=name, value=value) for path, name, value in _SAFE)
    settings.write_text(_SETTINGS.format(items=items), encoding="utf-8")
    profile = f"-env:UserInstallation={(folder.resolve() / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--norestore", "--nolockcheck"]
    command += ["--convert-to", target, "--outdir", str(out), str(copy)]
    process = subprocess.Popen(  # noqa: S603  # a fixed program and a copy with a fixed name
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise UnreadableFile(
            f"LibreOffice 转换超过 {timeout:.0f} 秒，已停止。请用 Office、WPS 另存为 .{target} 后再导入。"
        ) from error
    finally:
        # The program starts children of its own; all stand in the session begun above.
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    results = list(out.glob(f"*.{target}"))
    if not results:
        raise UnreadableFile(f"LibreOffice 打不开此文件（可能已损坏或设有密码）。请另存为 .{target} 后再导入。")
    return results[0]
