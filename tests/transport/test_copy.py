"""The folder is a package of its own: copied into another project, under another name, it works there."""

import shutil
import subprocess
import sys
from pathlib import Path

from wisebook_ml import transport

HIDDEN = """
import sys

sys.modules["wisebook_ml"] = None
import batches

app = batches.api.faust.App("shop", broker="kafka://nowhere", store="memory://")
batches.use_record_batches(app)
assert batches.record_batches(app, "orders").get_topic_name() == "orders"
assert not [name for name in sys.modules if name.startswith("wisebook_ml.")]
"""


def test_the_folder_needs_nothing_of_this_project(tmp_path: Path) -> None:
    shutil.copytree(Path(transport.__file__).parent, tmp_path / "batches", ignore=shutil.ignore_patterns("__pycache__"))
    # Isolated from the environment's paths, and from this folder; only what is installed is left, and the copy.
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{HIDDEN}"
    done = subprocess.run([sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
