"""The bill of materials of each bundle, in CycloneDX 1.6: `python deploy/sbom.py FOLDER`.

A bundle is a machine-learning model: its files with their checksums, the encoder that it was
fine-tuned from, and the data sets that it was trained on with their licences, out of its manifest.
That of the wheel and of the image is made by `cyclonedx-py environment`; `make sbom` makes all.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shipped import ROOT

Json = dict[str, Any]

_NAMESPACE: Final = uuid.UUID("5f8f8f5e-2a52-4e0c-9d3c-6f6a54a4f7a1")
"""So that the same bundle has the same serial number wherever this is run."""


def bill_of(bundle: Path) -> Json:
    """The bill of one bundle, the same each time.

    bundle: folder with manifest.json or, of a cascade, which is two bundles, with cascade.json.
    """
    listed = [line.split("  ") for line in (bundle / "SHA256SUMS").read_text().splitlines()]
    sums = {file: digest for digest, file in listed}
    if (bundle / "cascade.json").is_file():
        return _cascade(json.loads((bundle / "cascade.json").read_text(encoding="utf-8")), sums)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    model = {
        "hashes": [{"alg": "SHA-256", "content": sums["model.onnx"]}],
        "modelCard": {
            "modelParameters": {
                "task": "text-classification",
                "datasets": [{"ref": f"data:{one['name']}"} for one in manifest["sources"]],
            }
        },
    }
    encoder = [_encoder(manifest["base_model"])] if manifest.get("base_model") else []
    parts = [*encoder, *map(_data_set, manifest["sources"])]
    return _bill(manifest, sums, model, parts)


def _cascade(cascade: Json, sums: dict[str, str]) -> Json:
    """Of a cascade: its two bundles, which have bills of their own, by the sum of their files."""
    stages = [
        {
            "type": "machine-learning-model",
            "bom-ref": stage,
            "name": cascade[stage]["name"],
            "version": cascade[stage]["version"],
            "hashes": [{"alg": "SHA-256", "content": cascade[stage]["sha256"]}],
        }
        for stage in ("student", "base")
    ]
    return _bill(cascade, sums, {}, stages)


def _bill(about: Json, sums: dict[str, str], model: Json, parts: list[Json]) -> Json:
    """about: has `name`, `version` and `description`. model: more of the component itself."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(sums, sort_keys=True))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "machine-learning-model",
                "bom-ref": "bundle",
                "name": about["name"],
                "version": about["version"],
                "description": about["description"],
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                **model,
            }
        },
        "components": [*_files(sums), *parts],
    }


def _files(sums: dict[str, str]) -> Iterator[Json]:
    for file, digest in sorted(sums.items()):
        yield {
            "type": "file",
            "bom-ref": f"file:{file}",
            "name": file,
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }


def _encoder(record: Json) -> Json:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{record['name']}",
        "name": record["name"],
        "licenses": [{"license": {"name": record["licence"]}}],
        "hashes": [{"alg": "SHA-256", "content": record["sha256"]}],
    }


def _data_set(source: Json) -> Json:
    is_address = "://" in source["upstream"]
    return {
        "type": "data",
        "bom-ref": f"data:{source['name']}",
        "name": source["name"],
        "description": f"{source['rows']:,} training rows. {source['citation']}",
        "licenses": [{"license": {"name": source["licence"]}}],
        "properties": [
            {"name": "upstander:licence_verified", "value": str(source["licence_verified"]).lower()}
        ],
        **(
            {"externalReferences": [{"type": "distribution", "url": source["upstream"]}]}
            if is_address and " " not in source["upstream"]
            else {}
        ),
    }


def main(out: Path) -> None:
    """Write a bill for each bundle that comes along."""
    out.mkdir(parents=True, exist_ok=True)
    for sums in sorted(ROOT.glob("models/bundles/*/*/SHA256SUMS")):
        bill = bill_of(sums.parent)
        component = bill["metadata"]["component"]
        path = out / f"{component['name']}-{component['version']}.cdx.json"
        path.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
