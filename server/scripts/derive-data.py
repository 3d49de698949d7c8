#!/usr/bin/env python3
"""Derives the data files of the server from the published Python package.

    python -m venv .venv && .venv/bin/pip install 'zenml[server]==0.98.0'
    .venv/bin/python server/scripts/derive-data.py

writes server/data/flavors.json, server/data/service-connector-types.json, server/data/integrations.json,
server/data/stack-deployments.json and server/data/run-configuration.json. A second run writes the same bytes.

Texts are left out: descriptions in JSON schemas (prose, three quarters of their size) are dropped, descriptions that
the REST contract has a field for are empty. Names, titles, types, defaults, limits and the markers `sensitive` and
`writeOnly` stay: they are what validation, the command line's prompts and the dashboard's forms work from.

The classes of service connectors for clouds import the clouds' packages when they are loaded. What is read from them
here is plain data that does not depend on these packages, so missing ones are stood in for by empty modules.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import os
import sys
import tempfile
import types
from pathlib import Path

EXPECTED_VERSION = "0.98.0"
DATA = Path(__file__).resolve().parent.parent / "data"
CLOUD_PACKAGES = {
    "aws_profile_manager",
    "azure",
    "boto3",
    "botocore",
    "google",
    "kubernetes",
    "paramiko",
}
NAMES_OF_SCHEMAS = {"properties", "$defs", "patternProperties"}
LONGEST_TITLE = 7  # words
PYTHON_VERSIONS = ("3.10", "3.11", "3.12", "3.13")
PLAIN_VALUES = {"const", "default", "enum", "examples", "required"}


class EmptyClass(type):
    """A class that is not needed: what is looked up in it is a class again."""

    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return EmptyClass(name, (Exception,), {})


class EmptyModule(types.ModuleType):
    """A package that is not needed: what it holds is a class or, spelled as modules are, a module."""

    __path__: list[str] = []

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        if name == name.lower():
            return importlib.import_module(f"{self.__name__}.{name}")
        member = EmptyClass(name, (Exception,), {})
        setattr(self, name, member)
        return member


class EmptyModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the clouds' packages that are not installed, after every other finder."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] not in CLOUD_PACKAGES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        return EmptyModule(spec.name)

    def exec_module(self, module):
        pass


def short_title(name, title):
    """A title as it is, unless it is a sentence: then what pydantic makes of the property's name."""
    label = title.partition(". ")[0]
    if name is None or len(label.split()) <= LONGEST_TITLE:
        return label
    return name.replace("_", " ").title()


def without_texts(schema, name=None):
    """A JSON schema without its descriptions; a property that is named `description` stays."""
    if isinstance(schema, list):
        return [without_texts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for keyword, value in schema.items():
        if keyword == "description":
            continue
        if keyword == "title":
            kept[keyword] = short_title(name, value)
        elif keyword in NAMES_OF_SCHEMAS:
            kept[keyword] = {
                key: without_texts(item, key) for key, item in value.items()
            }
        elif keyword in PLAIN_VALUES:
            kept[keyword] = value
        else:
            kept[keyword] = without_texts(value)
    return kept


def flavors():
    """The rows of table `flavor`, in the order in which the reference inserts them."""
    from zenml.integrations.registry import integration_registry
    from zenml.stack.flavor_registry import FlavorRegistry

    registered = [
        (flavor, "built-in")
        for flavor in FlavorRegistry.builtin_flavors.fget(None)
    ]
    for name, integration in integration_registry.integrations.items():
        registered += [(flavor, name) for flavor in integration.flavors()]
    for flavor, integration in registered:
        request = flavor().to_model(integration=integration, is_custom=False)
        row = request.model_dump(mode="json", exclude={"user"})
        row["config_schema"] = without_texts(row["config_schema"])
        yield row


def service_connector_types():
    """The answer of GET /service_connector_types on a server with every integration."""
    from zenml.service_connectors.service_connector_registry import (
        service_connector_registry,
    )

    for (
        connector_type
    ) in service_connector_registry.list_service_connector_types():
        row = connector_type.model_dump(mode="json")
        row["description"] = ""
        for resource_type in row["resource_types"]:
            resource_type["description"] = ""
        for method in row["auth_methods"]:
            method["description"] = ""
            method["config_schema"] = without_texts(method["config_schema"])
        yield row


def integrations():
    """What has to be installed for the flavors of each integration; `module` is what their import paths begin with."""
    from zenml.integrations.registry import integration_registry

    for integration in integration_registry.integrations.values():
        requirements = {
            version: integration.get_requirements(python_version=version)
            for version in PYTHON_VERSIONS
        }
        if len({tuple(listed) for listed in requirements.values()}) != 1:
            sys.exit(f"{integration.NAME} differs by Python version.")
        yield {
            "module": ".".join(integration.__module__.split(".")[:3]),
            "requirements": requirements[PYTHON_VERSIONS[0]],
            "apt_packages": integration.APT_PACKAGES,
        }


def stack_deployments():
    """What deploying a stack to a cloud takes and gives, without the sentences."""
    from zenml.enums import StackDeploymentProvider
    from zenml.stack_deployments.utils import get_stack_deployment_class

    for provider in StackDeploymentProvider:
        deployment = get_stack_deployment_class(provider)
        yield {
            "provider": provider.value,
            "deployment": deployment.deployment,
            "integrations": deployment.integrations(),
            "permissions": deployment.permissions(),
            "locations": deployment.locations(),
            "skypilot_default_regions": deployment.skypilot_default_regions(),
        }


def schema_generator():
    """Generates JSON schemas whose definitions bear the full names of classes: which short ones are free depends on
    the other definitions of the schema that they will stand in."""
    from pydantic.json_schema import GenerateJsonSchema

    class QualifiedNames(GenerateJsonSchema):
        def get_defs_ref(self, core_mode_ref):
            name = core_mode_ref[0].rsplit(":", 1)[0]
            self._prioritized_defsref_choices[name] = [name]
            return name

    return QualifiedNames


def settings_class(flavor):
    """The class of the settings that a run may override: the nearest parent of a configuration that is one."""
    from zenml.config.base_settings import BaseSettings

    parents = flavor().config_class.__mro__[1:]
    found = next((cls for cls in parents if issubclass(cls, BaseSettings)), None)
    return found if found and found.model_fields else None


def run_configuration():
    """What the form of a run's configuration is made of: fields of runs and steps, and settings by kind of component.
    What depends on the snapshot (parameters, names of components, steps) is not among it."""
    from typing import Optional

    from pydantic import create_model

    from zenml.config import ResourceSettings
    from zenml.config.pipeline_run_configuration import PipelineRunConfiguration
    from zenml.config.source import StringSerializableSource
    from zenml.config.step_configurations import StepConfigurationUpdate
    from zenml.integrations.registry import integration_registry
    from zenml.stack.flavor_registry import FlavorRegistry

    registered = list(FlavorRegistry.builtin_flavors.fget(None))
    for integration in integration_registry.integrations.values():
        registered += integration.flavors()
    settings = {
        f"{flavor().type.value}/{flavor().name}": settings_class(flavor)
        for flavor in registered
    }
    settings = {"resources": ResourceSettings} | {
        kind: cls for kind, cls in settings.items() if cls
    }

    def fields(model, left_out):
        """Sources are given as texts, `module.attribute`."""
        return {
            name: (
                Optional[str]
                if info.annotation == Optional[StringSerializableSource]
                else info.annotation,
                info,
            )
            for name, info in model.model_fields.items()
            if name not in left_out
        }

    def schema_of(model):
        return without_texts(
            model.model_json_schema(schema_generator=schema_generator())
        )

    of_snapshot = {"parameters", "settings"}
    named = {"name", "outputs", "step_operator", "experiment_tracker"}
    step_fields = fields(StepConfigurationUpdate, of_snapshot | named)
    not_of_run = {"schedule", "build", "steps"}
    run_fields = fields(PipelineRunConfiguration, of_snapshot | not_of_run)
    settings_fields = {kind: (cls, ...) for kind, cls in settings.items()}
    step = schema_of(create_model("Step", **step_fields))
    run = schema_of(create_model("Run", **run_fields))
    chosen = schema_of(create_model("Settings", **settings_fields))
    return {
        "step": step["properties"],
        "run": run["properties"],
        "settings": {
            kind: schema["$ref"].removeprefix("#/$defs/")
            for kind, schema in chosen["properties"].items()
        },
        "definitions": step["$defs"] | run["$defs"] | chosen["$defs"],
    }


def write_sections(name, sections):
    """One member of each section a line."""
    lines = [
        f"{json.dumps(title)}: {{\n"
        + ",\n".join(
            f"{json.dumps(key)}: {json.dumps(member, ensure_ascii=False)}"
            for key, member in section.items()
        )
        + "\n}"
        for title, section in sections.items()
    ]
    (DATA / name).write_text(
        "{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8"
    )
    print(f"{name}: {sum(len(section) for section in sections.values())}")


def write(name, rows):
    """One record a line, so that a new release shows as a readable difference."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (DATA / name).write_text(
        "[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8"
    )
    print(f"{name}: {len(lines)}")


def main():
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(
            ZENML_ANALYTICS_OPT_IN="false",
            ZENML_CONFIG_PATH=directory,
            ZENML_LOGGING_VERBOSITY="ERROR",
        )
        sys.meta_path.append(EmptyModules())
        import zenml

        if zenml.__version__ != EXPECTED_VERSION:
            sys.exit(
                f"zenml {zenml.__version__} is installed, "
                f"but the data files are those of {EXPECTED_VERSION}."
            )
        write("flavors.json", list(flavors()))
        write("service-connector-types.json", list(service_connector_types()))
        write("integrations.json", list(integrations()))
        write("stack-deployments.json", list(stack_deployments()))
        write_sections("run-configuration.json", run_configuration())


if __name__ == "__main__":
    main()
