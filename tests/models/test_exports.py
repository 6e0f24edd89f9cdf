"""The models by name, loaded when they are first used."""

import importlib
import pkgutil

import pytest

import featurebase_async
from featurebase_async import models


def is_class_of_models(value: object) -> bool:
    return isinstance(value, type) and value.__module__.startswith("featurebase_async.models")


def test_every_model_is_in_both_modules() -> None:
    assert sorted(dir(models)) == sorted(models.__all__)
    for name in models.__all__:
        assert getattr(models, name) is getattr(featurebase_async, name)


def test_every_public_class_of_the_modules_is_a_name() -> None:
    names = [found.name for found in pkgutil.iter_modules(models.__path__)]
    modules = [importlib.import_module(f"featurebase_async.models.{name}") for name in names]
    classes = {name for module in modules for name in module.__all__ if is_class_of_models(getattr(module, name))}
    named = {name for name in models.__all__ if is_class_of_models(getattr(models, name))}
    assert classes - {"SearchField", "SearchFields"} == named


def test_an_unknown_name_is_reported_as_python_does() -> None:
    with pytest.raises(AttributeError, match=r"module 'featurebase_async.models' has no attribute 'Contatc'"):
        getattr(models, "Contatc")  # noqa: B009 -- a plain attribute would not pass the type checkers
