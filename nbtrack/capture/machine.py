"""What the machine is busy with, in numbers: one sample of its processors, memory, disks, GPUs.

Names and units are MLflow's (https://mlflow.org/docs/latest/ml/tracking/system-metrics); bytes
read and written on disks and the memory of this process are added in the same style.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from nbtrack.ranking import SYSTEM_PREFIX

_MB = 1e6


class Machine:
    """Samples this machine. What counts up is told from the first sample on."""

    def __init__(self) -> None:
        import psutil  # type: ignore[import-untyped, unused-ignore]

        self._psutil: Any = psutil
        self._process = psutil.Process()
        self._gpus = _Gpus()
        # Use of the processors is told since the call before.
        psutil.cpu_percent()
        self._counted = self._counters()

    def sample(self) -> dict[str, float]:
        """The metrics at this moment, by name."""
        psutil = self._psutil
        memory, disk = psutil.virtual_memory(), psutil.disk_usage(os.sep)
        found = {
            "cpu_utilization_percentage": psutil.cpu_percent(),
            "system_memory_usage_megabytes": memory.used / _MB,
            "system_memory_usage_percentage": memory.percent,
            "process_memory_usage_megabytes": self._process.memory_info().rss / _MB,
            "disk_usage_percentage": disk.percent,
            "disk_usage_megabytes": disk.used / _MB,
            "disk_available_megabytes": disk.free / _MB,
        }
        for name, value in self._counters().items():
            found[name] = (value - self._counted.get(name, value)) / _MB
        found |= self._gpus.sample()
        return {f"{SYSTEM_PREFIX}{name}": float(value) for name, value in found.items()}

    def _counters(self) -> dict[str, int]:
        network, disk = self._psutil.net_io_counters(), self._psutil.disk_io_counters()
        found = {}
        # A container may show neither.
        if network is not None:
            found["network_receive_megabytes"] = network.bytes_recv
            found["network_transmit_megabytes"] = network.bytes_sent
        if disk is not None:
            found["disk_read_megabytes"] = disk.read_bytes
            found["disk_write_megabytes"] = disk.write_bytes
        return found


class _Gpus:
    """NVIDIA's GPUs, where ``pynvml`` is installed and finds any."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._handles: list[Any] = []
        if find_spec("pynvml") is None:
            return
        import pynvml  # type: ignore[import-not-found, unused-ignore]

        try:
            pynvml.nvmlInit()
            count = pynvml.nvmlDeviceGetCount()
            self._handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]
        except pynvml.NVMLError:
            # The library is there, and no driver or no GPU.
            return
        self._nvml = pynvml

    def sample(self) -> dict[str, float]:
        """Use of each GPU; what one does not tell is left out."""
        found: dict[str, float] = {}
        for number, handle in enumerate(self._handles):
            for read in (self._memory, self._utilization, self._power):
                try:
                    values = read(handle)
                except self._nvml.NVMLError:
                    continue
                found |= {f"gpu_{number}_{name}": value for name, value in values.items()}
        return found

    def _memory(self, handle: Any) -> dict[str, float]:
        memory = self._nvml.nvmlDeviceGetMemoryInfo(handle)
        return {
            "memory_usage_percentage": 100 * memory.used / memory.total,
            "memory_usage_megabytes": memory.used / _MB,
        }

    def _utilization(self, handle: Any) -> dict[str, float]:
        return {"utilization_percentage": self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu}

    def _power(self, handle: Any) -> dict[str, float]:
        milliwatts = self._nvml.nvmlDeviceGetPowerUsage(handle)
        limit = self._nvml.nvmlDeviceGetEnforcedPowerLimit(handle)
        return {
            "power_usage_watts": milliwatts / 1000,
            "power_usage_percentage": 100 * milliwatts / limit,
        }
