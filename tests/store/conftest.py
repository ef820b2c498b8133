"""Makes failures in the shared contract suite say what was compared."""

import pytest

pytest.register_assert_rewrite("nbtrack.testing")
