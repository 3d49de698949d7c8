"""
Starts moto, mended where it differs from AWS so much that a stack would not stand up, could not be used, or its policies
would not be asked. What else it does not give back is listed in stack-on-moto.ts.
"""

import re
import uuid

from moto.core.authorization import ActionAuthenticatorMixin
from moto.ecr.responses import ECRResponse
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.rds.models import DBInstance, RDSBackend
from moto.s3.models import FakeDeleteMarker
from moto.s3.responses import S3Response
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.server import main

# Listing a bucket without a prefix.
LIST_ALL = "s3:ListBucket of all"

make_database = RDSBackend.create_db_instance
make_replica = RDSBackend.create_db_instance_read_replica
authorize = ActionAuthenticatorMixin._authenticate_and_authorize_action
decide = IAMPolicyStatement.is_action_permitted
head = S3Response.head_object


def make_database_of_today(self: RDSBackend, db_kwargs: dict) -> DBInstance:
    """The authority that AWS chooses by itself: of another one Terraform's provider would first get rid."""
    return make_database(self, {"ca_certificate_identifier": "rds-ca-rsa2048-g1", **db_kwargs})


def make_replica_in_its_place(self: RDSBackend, db_kwargs: dict) -> DBInstance:
    """With a resource id of its own, by which the provider finds it, and with the subnets of its own region."""
    replica = make_replica(self, {"backend": self, **db_kwargs})
    replica.dbi_resource_id = f"db-{uuid.uuid4().hex[:26].upper()}"
    return replica


def authorize_what_is_signed(self: ActionAuthenticatorMixin, request: type, resource: str = "*") -> None:
    """A token of a cluster is exchanged for a role without a signature."""
    if "Authorization" in self.headers:
        authorize(self, request, resource)


def repository_of(self: ECRResponse) -> str:
    """What a call to ECR is about, for policies that name single repositories."""
    name = self._get_param("repositoryName") or next(iter(self._get_param("repositoryNames") or []), None)
    return f"arn:aws:ecr:{self.region}:{self.current_account}:repository/{name}" if name else "*"


def secret_of(self: SecretsManagerResponse) -> str:
    """What a call to Secrets Manager is about: AWS adds six characters to the name of each secret that is there."""
    new, known = self._get_param("Name"), self._get_param("SecretId")
    name = new or f"{known}-AbCdEf"
    return f"arn:aws:secretsmanager:{self.region}:{self.current_account}:secret:{name}"


def match(pattern: str, text: str) -> re.Match[str] | None:
    """A question mark of a policy is any one character."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text)


def drop_nothing(self: FakeDeleteMarker, garbage: bool = False) -> None:
    """The mark of a deleted object holds no content to be dropped, and could not be removed with the bucket."""


def decide_as_aws(self: IAMPolicyStatement, action: str, *args, **kwargs) -> PermissionResult:
    """
    Buckets refuse who comes without TLS. That is how the tests come, and moto takes it so of everybody. And where only what
    begins in some way may be listed, the whole bucket may not.
    """
    if self._statement.get("Sid", "").startswith("OnlyWithTls"):
        return PermissionResult.NEUTRAL
    conditions = self._statement.get("Condition", {}).values()
    if action == LIST_ALL and any("s3:prefix" in condition for condition in conditions):
        return PermissionResult.NEUTRAL
    return decide(self, "s3:ListBucket" if action == LIST_ALL else action, *args, **kwargs)


def head_of_what_may_be_known(self: S3Response, bucket_name: str, *args, **kwargs) -> tuple:
    """That an object is missing S3 tells only who may list the bucket."""
    answer = head(self, bucket_name, *args, **kwargs)
    if answer[0] == 404:
        self.data["Action"] = LIST_ALL.removeprefix("s3:")
        self._authenticate_and_authorize_s3_action(bucket_name=bucket_name)
    return answer


RDSBackend.create_db_instance = make_database_of_today
RDSBackend.create_db_instance_read_replica = make_replica_in_its_place
ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize_what_is_signed
ECRResponse._determine_resource = repository_of
SecretsManagerResponse._determine_resource = secret_of
IAMPolicyStatement._match = staticmethod(match)
FakeDeleteMarker.dispose = drop_nothing
IAMPolicyStatement.is_action_permitted = decide_as_aws
S3Response.head_object = head_of_what_may_be_known

main()
