"""Which packages are installed; all else stands in pyproject.toml, which cannot say both halves of this."""

from setuptools import find_packages, setup

# Every folder of the package, and from beside it the tables that the chapters read.
setup(packages=[*find_packages(include=["drcn_book*"]), "drcn_book.data"])
