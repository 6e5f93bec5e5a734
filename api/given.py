"""What Litestar hands to a route: by name from the application, or from the path."""

from typing import TypeAlias
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from api.addresses import Proxies
from api.directory import Directory
from api.sandbox import Sandbox
from api.tokens import TokenMint
from api.wall import Wall
from api.webhooks import ProviderKeys
from notifications.trial import Trial

GivenTrial: TypeAlias = NamedDependency[SkipValidation[Trial]]
GivenMint: TypeAlias = NamedDependency[SkipValidation[TokenMint]]
GivenKeys: TypeAlias = NamedDependency[SkipValidation[ProviderKeys]]
GivenProxies: TypeAlias = NamedDependency[SkipValidation[Proxies]]
GivenWall: TypeAlias = NamedDependency[SkipValidation[Wall]]
GivenDirectory: TypeAlias = NamedDependency[SkipValidation[Directory | None]]
GivenSandbox: TypeAlias = NamedDependency[SkipValidation[Sandbox]]
PathId: TypeAlias = FromPath[UUID]
PathText: TypeAlias = FromPath[str]
PathNumber: TypeAlias = FromPath[int]
