"""Which folders become packages: those that are there, and the tables of data/ beside them."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["drcn_book*"]), "drcn_book.data"])
