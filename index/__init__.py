"""From source files to the stores."""

import os

# ONNX Runtime reports its use to its maker from version 1.29 on, unless it is told not to before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["ORT_TELEMETRY_DISABLED"] = "1"
