"""A web server of a client's maker, over https, that holds the document in which the client describes itself (OAuth Client ID
Metadata Document); and the certificate authority of a company on which its certificate rests."""

import contextlib
import datetime
import ipaddress
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
# Where the clients of these tests have people sent back to; they take whatever port is free.
REDIRECT_URIS = [f"http://{host}/{path}" for host in (HOST, "localhost") for path in ("callback", "oauth/callback")]


@dataclass(frozen=True)
class Documents:
    """The running server: where its document is, and in which file its authority's certificate."""

    url: str
    authority: str


@contextlib.contextmanager
def serving_documents() -> Iterator[Documents]:
    """Serves one document until the block is left."""
    with tempfile.TemporaryDirectory(prefix="wardroom-documents-") as folder:
        authority = write_certificates(Path(folder))
        server = ThreadingHTTPServer((HOST, 0), Answering)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Path(folder) / "server.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.url = f"https://{HOST}:{server.server_port}/clients/tested.json"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Documents(server.url, str(authority))
        finally:
            server.shutdown()
            server.server_close()


class Answering(BaseHTTPRequestHandler):
    """Gives the document to whoever asks."""

    def do_GET(self) -> None:
        url = self.server.url
        document = {
            "client_id": url, "client_name": "Documented Client", "redirect_uris": REDIRECT_URIS,
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }  # fmt: skip
        body = json.dumps(document).encode()
        is_it = url.endswith(self.path)
        self.send_response(200 if is_it else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the checks say what matters."""


def write_certificates(folder: Path) -> Path:
    """A new authority and a certificate of it; gives the file of the first."""
    root, root_key = certificate("Company", None, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    leaf, leaf_key = certificate("Server", (root, root_key), names)
    authority, server = folder / "authority.pem", folder / "server.pem"
    pem = serialization.Encoding.PEM
    authority.write_bytes(root.public_bytes(pem))
    key = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server.write_bytes(leaf.public_bytes(pem) + key)
    return authority


def certificate(called: str, issuer, extension: x509.ExtensionType):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    (issued_by, signed_with) = (name, key) if issuer is None else (issuer[0].subject, issuer[1])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issued_by, name, key.public_key(), x509.random_serial_number(), now - datetime.timedelta(hours=1),
        now + datetime.timedelta(days=1),
    )  # fmt: skip
    return builder.add_extension(extension, critical=True).sign(signed_with, hashes.SHA256()), key
