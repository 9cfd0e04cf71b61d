"""Many pictures: from what the command line names to one job each, done one by one or on a Ray
cluster.
"""

from .command import upscale
from .jobs import Job, is_done, plan

__all__ = ["Job", "is_done", "plan", "upscale"]
