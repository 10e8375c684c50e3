# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes control plane on this machine, and what the chart does on it (`make cluster`).

- `binaries`: etcd, Kubernetes, KWOK and KEDA, built from their Go modules once. `process`: one that runs.
- `control_plane`: etcd, API server, controller manager, scheduler. `certificates`: keys. `api`: a client.
- `nodes`: KWOK's, whose pods start, crash and end as `stages/` says. `keda`: operator and metrics server.
- `charts`: releases by Helm; `previous/` has those that are upgraded from.
- `test_releases`, `test_rollouts`, `test_scaling`: the proofs.
"""
