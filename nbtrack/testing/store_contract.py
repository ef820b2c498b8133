"""The store contract as tests: subclass `StoreContract` and give it a ``make_store`` fixture.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def make_store(self, tmp_path):
            return lambda: open_store(tmp_path / "store")

Every call of ``make_store()`` opens the same, at first empty, store: two handles are what two
processes have.
"""

from __future__ import annotations

from nbtrack.testing.contract_finding import FindingContract
from nbtrack.testing.contract_history import HistoryContract
from nbtrack.testing.contract_places import PlacesContract
from nbtrack.testing.contract_records import RecordsContract
from nbtrack.testing.contract_search import SearchContract
from nbtrack.testing.contract_text import TextContract
from nbtrack.testing.contract_upkeep import UpkeepContract


class StoreContract(
    RecordsContract,
    SearchContract,
    TextContract,
    PlacesContract,
    HistoryContract,
    FindingContract,
    UpkeepContract,
):
    """What every store does."""
