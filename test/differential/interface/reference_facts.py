"""Prints what the reference says of itself without running: a JSON object with

- `variables`: the default of each environment variable of its configuration classes, null where it has none,
- `documents`: its OpenAPI document under each configuration of the first argument, a JSON object of environments by name.
"""

import json
import os
import sys
from typing import Any, Dict, Type

from pydantic import BaseModel
from pydantic_core import PydanticUndefined, to_jsonable_python
from zenml.config.secrets_store_config import SecretsStoreConfiguration
from zenml.config.server_config import ServerConfiguration, ServerProConfiguration
from zenml.zen_stores.secrets_stores.service_connector_secrets_store import (
    ServiceConnectorSecretsStoreConfiguration,
)
from zenml.zen_stores.secrets_stores.sql_secrets_store import SqlSecretsStoreConfiguration
from zenml.zen_stores.sql_zen_store import SqlZenStoreConfiguration

SECRETS_STORES = [SecretsStoreConfiguration, SqlSecretsStoreConfiguration, ServiceConnectorSecretsStoreConfiguration]


def defaults(prefix: str, *classes: Type[BaseModel]) -> Dict[str, Any]:
    fields = {name: field for model in classes for name, field in model.model_fields.items()}
    return {
        prefix + name.upper(): None if field.default is PydanticUndefined else to_jsonable_python(field.default)
        for name, field in fields.items()
    }


def document(environment: Dict[str, str]) -> Any:
    """The process that configures itself so ends with it: the reference reads its configuration once."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.environ.update(environment)
        from zenml.zen_server.zen_server_api import app

        with os.fdopen(write, "w") as output:
            json.dump(app.openapi(), output)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        return json.load(answer)


variables = {
    **defaults("ZENML_SERVER_", ServerConfiguration),
    **defaults("ZENML_SERVER_PRO_", ServerProConfiguration),
    **defaults("ZENML_STORE_", SqlZenStoreConfiguration),
    **defaults("ZENML_SECRETS_STORE_", *SECRETS_STORES),
    **defaults("ZENML_BACKUP_SECRETS_STORE_", *SECRETS_STORES),
}
documents = {name: document(environment) for name, environment in json.loads(sys.argv[1]).items()}
json.dump({"variables": variables, "documents": documents}, sys.stdout)
