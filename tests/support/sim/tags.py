"""The namespaces of ActiveSync, by short names: `A.Sync(A.Status(1))`."""
from .wbxml import Namespace

A, E, E2, B, F = map(Namespace, ("AirSync", "Email", "Email2", "AirSyncBase", "FolderHierarchy"))
P, S, C, K, G = map(Namespace, ("Ping", "Settings", "Calendar", "Contacts", "GetItemEstimate"))
V, M, IO, SE, GAL = map(Namespace, ("Provision", "Move", "ItemOperations", "Search", "GAL"))
MR, RR, VC, CM, FI = map(Namespace, ("MeetingResponse", "ResolveRecipients", "ValidateCert", "ComposeMail", "Find"))
