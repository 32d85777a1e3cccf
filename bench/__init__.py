"""What the exchange costs, measured against the budgets: `python -m bench`.

How a PostgreSQL is found is shared with the tests, and lies beside what else those share.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))
