# SPDX-License-Identifier: Apache-2.0
"""The back end of a torch device: a GPU's float32, asked for by `device="cuda"`.

backend.py  `DeviceBackend`
linear.py   an affine map on the device; arrays there and back
encoder.py  the encoder on the device, embedding included

Only torch operations, no compiled loops of ours: tests run the same code on torch's device `cpu`. Decoding of
trees and entities stays on the host.
"""

from .backend import DeviceBackend

__all__ = ["DeviceBackend"]
