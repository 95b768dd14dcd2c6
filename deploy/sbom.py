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
    """The bill of one bundle, the same each time. bundle: folder with manifest.json."""
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    listed = [line.split("  ") for line in (bundle / "SHA256SUMS").read_text().splitlines()]
    name, version = manifest["name"], manifest["version"]
    sums = {file: digest for digest, file in listed}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, json.dumps(sums, sort_keys=True))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "machine-learning-model",
                "bom-ref": name,
                "name": name,
                "version": version,
                "description": manifest["description"],
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [{"alg": "SHA-256", "content": sums["model.onnx"]}],
                "modelCard": {
                    "modelParameters": {
                        "task": "text-classification",
                        "datasets": [{"ref": f"data:{one['name']}"} for one in manifest["sources"]],
                    }
                },
            }
        },
        "components": [
            *_files(sums),
            *([_encoder(manifest["base_model"])] if manifest.get("base_model") else []),
            *(_data_set(source) for source in manifest["sources"]),
        ],
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
    for manifest in sorted(ROOT.glob("models/bundles/*/*/manifest.json")):
        bill = bill_of(manifest.parent)
        component = bill["metadata"]["component"]
        path = out / f"{component['name']}-{component['version']}.cdx.json"
        path.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
