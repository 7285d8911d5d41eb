"""Certificates for mutual TLS between our processes, made on the spot with openssl."""

import os
import pathlib
import subprocess


class Authority:
    """A CA in a folder of its own."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.cert, self._key = self.directory / "ca.pem", self.directory / "ca.key"
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=test CA",
                 "-addext", "keyUsage=critical,keyCertSign", "-keyout", self._key,
                 "-out", self.cert)

    def sign(self, folder, uri=None, expired=False, common_name="any"):
        """Writes cert.pem and key.pem of a new identity into `folder`, and ca.pem."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        names = "IP:127.0.0.1" + (f",URI:{uri}" if uri else "")
        request, extensions = folder / "request", folder / "extensions"
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n",
                              encoding="ascii")
        subject = "/CN=" + common_name.replace("/", "\\/")
        _openssl("req", *_NEW_KEY, "-subj", subject, "-keyout", folder / "key.pem",
                 "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self._key,
                 "-CAcreateserial", "-days", "-1" if expired else "2", "-extfile", extensions,
                 "-out", folder / "cert.pem")
        (folder / "ca.pem").write_bytes(self.cert.read_bytes())
        return folder


def tls_flags(folder):
    return ["--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem",
            "--tls-ca", f"{folder}/ca.pem"]


def read_files(folder):
    """Content of an identity's files by name."""
    return {name: (pathlib.Path(folder) / name).read_bytes()
            for name in ("cert.pem", "key.pem", "ca.pem")}


def replace_files(folder, files):
    """Puts `files` in place of those of `folder`, each in one step."""
    for name, content in files.items():
        temporary = pathlib.Path(folder) / (name + ".new")
        temporary.write_bytes(content)
        os.replace(temporary, pathlib.Path(folder) / name)


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)
