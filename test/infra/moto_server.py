"""
Starts moto, mended where it differs from AWS so much that a stack would not stand up, or could not be used. What else it
does not give back is listed in stack-on-moto.ts.
"""

import uuid

from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.rds.models import DBInstance, RDSBackend
from moto.server import main

make_database = RDSBackend.create_db_instance
make_replica = RDSBackend.create_db_instance_read_replica
decide = IAMPolicyStatement.is_action_permitted


def make_database_of_today(self: RDSBackend, db_kwargs: dict) -> DBInstance:
    """The authority that AWS chooses by itself: of another one Terraform's provider would first get rid."""
    return make_database(self, {"ca_certificate_identifier": "rds-ca-rsa2048-g1", **db_kwargs})


def make_replica_in_its_place(self: RDSBackend, db_kwargs: dict) -> DBInstance:
    """With a resource id of its own, by which the provider finds it, and with the subnets of its own region."""
    replica = make_replica(self, {"backend": self, **db_kwargs})
    replica.dbi_resource_id = f"db-{uuid.uuid4().hex[:26].upper()}"
    return replica


def decide_without_tls(self: IAMPolicyStatement, *args, **kwargs) -> PermissionResult:
    """Buckets refuse who comes without TLS. That is how the tests come, and moto takes it so of everybody."""
    if str(self._statement.get("Sid", "")).startswith("OnlyWithTls"):
        return PermissionResult.NEUTRAL
    return decide(self, *args, **kwargs)


RDSBackend.create_db_instance = make_database_of_today
RDSBackend.create_db_instance_read_replica = make_replica_in_its_place
IAMPolicyStatement.is_action_permitted = decide_without_tls

main()
