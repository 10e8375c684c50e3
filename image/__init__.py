# SPDX-License-Identifier: Apache-2.0
"""The container image: what is locked, what is built, what is in it.

- `requirements/`: what each target installs, every file by its hash; written by `lock`
- `lock`: `make lock`, the requirements from pyproject.toml
- `audit`: `make audit`, licences and known vulnerabilities of what is locked
- `sbom`: CycloneDX of an environment; runs inside the build, with nothing but the standard library
- `trim.sh`: takes out of an environment what no worker reads
- `base`: the Debian that the Dockerfile's FROM names, made here
- `build`: `make image`; `run`: `make image-run`
"""
