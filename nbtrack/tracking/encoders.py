"""Figures, tables, images and dictionaries as the bytes of an artifact.

Nothing here imports a plotting or table library that the user's object does not already bring.
"""

from __future__ import annotations

import io
import json
import mimetypes
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nbtrack.errors import MissingDependencyError, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

_FIGURE_FORMATS = {".png", ".svg", ".pdf", ".jpg", ".jpeg", ".eps", ".ps", ".tif", ".tiff", ".webp"}


def artifact_file(path: object) -> str:
    """A relative artifact path with forward slashes.

    Raises:
        UsageError: it is absolute, empty, or leads out of the run.
    """
    text = str(path).replace("\\", "/")
    pure = PurePosixPath(text)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or re.match(r"^[A-Za-z]:", text):
        raise UsageError(f"artifact path {str(path)!r} must be relative and stay inside the run")
    return str(pure)


def media_type(path: str) -> str:
    """The media type that a file's name tells."""
    guessed, encoding = mimetypes.guess_type(path)
    if encoding == "gzip":
        return "application/gzip"
    if guessed is None:
        known = {".yaml": "application/yaml", ".yml": "application/yaml", ".md": "text/markdown"}
        return known.get(PurePosixPath(path).suffix, "application/octet-stream")
    return guessed


def figure_bytes(figure: Any, path: str, save_kwargs: Mapping[str, Any] | None) -> bytes:
    """A matplotlib or plotly figure in the format that the path's extension names.

    Raises:
        UsageError: the object is no figure, or the extension none that it can be saved as.
    """
    suffix = PurePosixPath(path).suffix.lower()
    options = dict(save_kwargs or {})
    if hasattr(figure, "savefig"):
        if suffix not in _FIGURE_FORMATS:
            raise UsageError(f"{path!r}: a matplotlib figure is saved as .png, .svg, .pdf or .jpg")
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix[1:], **options)
        return buffer.getvalue()
    if hasattr(figure, "to_html"):
        if suffix in (".html", ".htm"):
            return str(figure.to_html(include_plotlyjs=True, auto_open=False, **options)).encode()
        if suffix in (".png", ".jpg", ".jpeg", ".webp", ".svg", ".pdf"):
            return bytes(figure.to_image(format=suffix[1:], **options))
        raise UsageError(f"{path!r}: a plotly figure is saved as .html, .png, .svg or .pdf")
    raise UsageError(f"{type(figure).__name__} is no matplotlib or plotly figure")


def dict_bytes(value: Any, path: str) -> bytes:
    """JSON, or YAML where the path ends in .yml or .yaml."""
    if PurePosixPath(path).suffix.lower() in (".yml", ".yaml"):
        try:
            import yaml  # type: ignore[import-untyped, unused-ignore]
        except ImportError as error:
            raise MissingDependencyError("logging YAML", "pyyaml") from error
        return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True)).encode()
    return json.dumps(value, indent=2, default=str, ensure_ascii=False).encode()


def table_parts(data: Any) -> dict[str, list[Any]]:
    """A DataFrame or a mapping of columns as pandas' ``split`` orientation, without an index.

    Raises:
        UsageError: it is neither, or its columns have different lengths.
    """
    if hasattr(data, "to_json") and hasattr(data, "columns"):
        text = data.to_json(orient="split", index=False, date_format="iso", default_handler=str)
        parts = json.loads(text)
        return {"columns": parts["columns"], "data": parts["data"]}
    if not isinstance(data, Mapping):
        raise UsageError(f"a table is a DataFrame or a dict of columns, not {type(data).__name__}")
    columns = {str(key): _column(value) for key, value in data.items()}
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise UsageError("the table's columns have different lengths")
    return {"columns": list(columns), "data": [list(row) for row in zip(*columns.values())]}  # noqa: B905 - checked


def joined_tables(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The rows of two tables, under the columns of both."""
    columns = [*old["columns"], *(name for name in new["columns"] if name not in old["columns"])]
    rows = []
    for table in (old, new):
        places = {name: i for i, name in enumerate(table["columns"])}
        for row in table["data"]:
            rows.append([row[places[name]] if name in places else None for name in columns])
    return {"columns": columns, "data": rows}


def table_bytes(parts: Mapping[str, Any]) -> bytes:
    """A table as JSON."""
    return json.dumps(parts, default=_plain).encode()


def _column(value: Any) -> list[Any]:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return list(value)
    return [value]


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def image_bytes(image: Any, path: str) -> bytes:
    """A PIL image, a NumPy array or a matplotlib figure in the format of the path's extension.

    Arrays have the shape (height, width), (height, width, 1), (height, width, 3) or
    (height, width, 4), and hold bool, integers of 0 to 255, or floats of 0 to 1.
    """
    if hasattr(image, "savefig"):
        return figure_bytes(image, path, None)
    if hasattr(image, "tobytes") and not hasattr(image, "save"):
        image = _from_array(image)
    if not hasattr(image, "save"):
        raise UsageError(
            f"an image is a PIL image, a NumPy array or a figure, not {type(image).__name__}"
        )
    suffix = PurePosixPath(path).suffix.lower().lstrip(".") or "png"
    buffer = io.BytesIO()
    image.save(buffer, format={"jpg": "jpeg", "tif": "tiff"}.get(suffix, suffix))
    return buffer.getvalue()


def _from_array(array: Any) -> Image:
    try:
        import PIL.Image
    except ImportError as error:
        raise MissingDependencyError("logging an array as an image", "pillow") from error
    import numpy as np

    values = np.asarray(array)
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3, 4)):
        raise UsageError(f"an image's shape is (height, width[, 1, 3 or 4]), not {values.shape}")
    if values.dtype.kind == "b":
        values = values.astype(np.uint8) * 255
    elif values.dtype.kind == "f":
        _check_range(values, 0.0, 1.0)
        values = (values * 255).round().astype(np.uint8)
    elif values.dtype.kind in "iu":
        _check_range(values, 0, 255)
        values = values.astype(np.uint8)
    else:
        raise UsageError(f"an image's values are numbers, not {values.dtype}")
    return PIL.Image.fromarray(values[:, :, 0] if values.shape[2:] == (1,) else values)


def _check_range(values: Any, low: float, high: float) -> None:
    if values.size and not (values.min() >= low and values.max() <= high):
        raise UsageError(
            f"an image of {values.dtype} holds values from {low} to {high}, "
            f"not {values.min()} to {values.max()}"
        )
