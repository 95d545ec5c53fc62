"""Certificates for tests, made by the `openssl` command: a CA and server certificates, good and bad."""
from __future__ import annotations

import pathlib
import subprocess
import tempfile


class Pki:
    """A certificate authority in a folder of its own, removed with `close()` unless a folder was given."""

    def __init__(self, folder: str | pathlib.Path | None = None, name: str = "Contoso Test Root CA"):
        self._temporary = tempfile.TemporaryDirectory(prefix="eastap-pki-") if folder is None else None
        self.folder = pathlib.Path(self._temporary.name if self._temporary else folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.folder / "ca.crt"
        self._ca_key = self.folder / "ca.key"
        if not self.ca.exists():
            self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256",
                          "-days", "100", "-keyout", self._ca_key, "-out", self.ca, "-subj", f"/O=Contoso Test/CN={name}",
                          "-addext", "basicConstraints=critical,CA:TRUE",
                          "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()}")

    def server(self, *names: str, expired: bool = False) -> pathlib.Path:
        """A PEM file with key, certificate and CA for the given names (addresses become IP names)."""
        stem = self.folder / ((names[0].replace(":", "_").replace("*", "any")) + ("-expired" if expired else ""))
        pem = stem.with_name(stem.name + ".pem")
        if pem.exists():
            return pem
        key, request, certificate = (stem.with_name(stem.name + end) for end in (".key", ".csr", ".crt"))
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256",
                      "-keyout", key, "-out", request, "-subj", f"/O=Contoso Test/CN={names[0]}")
        alternatives = ",".join(("IP:" if name.replace(".", "").isdigit() or ":" in name else "DNS:") + name
                                for name in names)
        extensions = stem.with_name(stem.name + ".ext")
        extensions.write_text("basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n"
                              f"subjectAltName={alternatives}\n", encoding="ascii")
        if expired:  # `openssl x509` cannot set dates before 3.4; `openssl ca` can
            database = self.folder / f"{stem.name}-db"
            database.mkdir(exist_ok=True)
            (database / "index.txt").write_text("")
            (database / "serial").write_text("1000\n")
            (database / "ca.cnf").write_text(
                f"[ca]\ndefault_ca=d\n[d]\ndir={database}\ndatabase={database}/index.txt\nserial={database}/serial\n"
                f"new_certs_dir={database}\ndefault_md=sha256\npolicy=p\nunique_subject=no\n"
                "[p]\norganizationName=optional\ncommonName=supplied\n")
            self._openssl("ca", "-batch", "-notext", "-config", database / "ca.cnf", "-cert", self.ca,
                          "-keyfile", self._ca_key, "-in", request, "-out", certificate, "-extfile", extensions,
                          "-startdate", "20240101000000Z", "-enddate", "20240201000000Z")
        else:
            self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._ca_key, "-CAcreateserial",
                          "-sha256", "-days", "90", "-out", certificate, "-extfile", extensions)
        pem.write_bytes(key.read_bytes() + certificate.read_bytes() + self.ca.read_bytes())
        pem.chmod(0o600)
        return pem

    def odd_server(self, name: str, fault: str) -> pathlib.Path:
        """A PEM file (key, certificate, what is sent with it) with one fault: "intermediate" (none: a complete chain of
        three), "missing-intermediate", "self-signed", "rsa-1024", "sha1", "no-name", "long" (3 years), "client-only"."""
        stem = self.folder / f"{name}-{fault}"
        pem = stem.with_name(stem.name + ".pem")
        if pem.exists():
            return pem
        key, request, certificate = (stem.with_name(stem.name + end) for end in (".key", ".csr", ".crt"))
        kind = ["rsa:1024"] if fault == "rsa-1024" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        names = [] if fault == "no-name" else [f"subjectAltName=DNS:{name}"]
        usage = "extendedKeyUsage=" + ("clientAuth" if fault == "client-only" else "serverAuth")
        if fault == "self-signed":
            added = [word for line in [*names, usage] for word in ("-addext", line)]
            self._openssl("req", "-x509", "-newkey", *kind, "-nodes", "-sha256", "-days", "90", "-keyout", key, "-out", certificate,
                          "-subj", f"/CN={name}", *added)
            pem.write_bytes(key.read_bytes() + certificate.read_bytes())
            return pem
        issuer, issuer_key = (self._intermediate() if "intermediate" in fault else (self.ca, self._ca_key))
        self._openssl("req", "-new", "-newkey", *kind, "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        extensions = stem.with_name(stem.name + ".ext")
        extensions.write_text("\n".join(["basicConstraints=CA:FALSE", usage, *names]) + "\n", encoding="ascii")
        self._openssl("x509", "-req", "-in", request, "-CA", issuer, "-CAkey", issuer_key, "-CAcreateserial",
                      "-sha1" if fault == "sha1" else "-sha256", "-days", "1095" if fault == "long" else "90", "-out", certificate,
                      "-extfile", extensions)
        sent = [key, certificate] + ([issuer] if fault == "intermediate" else [])
        pem.write_bytes(b"".join(file.read_bytes() for file in sent))
        return pem

    def _intermediate(self) -> tuple[pathlib.Path, pathlib.Path]:
        key, request, certificate = (self.folder / f"issuing.{end}" for end in ("key", "csr", "crt"))
        if not certificate.exists():
            self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                          "-out", request, "-subj", "/O=Contoso Test/CN=Contoso Test Issuing CA")
            extensions = self.folder / "issuing.ext"
            extensions.write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", encoding="ascii")
            self._openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._ca_key, "-CAcreateserial", "-sha256",
                          "-days", "900", "-out", certificate, "-extfile", extensions)
        return certificate, key

    def close(self):
        if self._temporary:
            self._temporary.cleanup()
