"""Registers a phone (RFC 3261 §10) with digest (RFC 2617). SIPp cannot: it takes the first challenge, whatever it asks for."""

import hashlib
import re
import socket

from .failure import Failure

REALM = "localhost"
URI = f"sip:{REALM}"


def register(user: str, password: str, registrar: int, phone: int) -> None:
    """Registers `user@localhost` from the port where it will be called."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", phone))
        udp.connect(("127.0.0.1", registrar))
        udp.settimeout(5)
        answer = ask(udp, user, phone, 1, "")
        challenge = next((line for line in answer.splitlines() if "authenticate" in line.lower() and "MD5" in line), "")
        nonce = re.search(r'nonce="([^"]*)"', challenge)
        if not nonce:
            raise Failure(f"no challenge with MD5: {answer}")
        answer = ask(udp, user, phone, 2, authorization(user, password, nonce[1]))
        if not answer.startswith("SIP/2.0 200"):
            raise Failure(f"the phone does not register: {answer}")


def ask(udp: socket.socket, user: str, phone: int, number: int, more: str) -> str:
    lines = [
        f"REGISTER {URI} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{phone};branch=z9hG4bKbench{number}",
        "Max-Forwards: 70",
        f"From: <sip:{user}@{REALM}>;tag=bench",
        f"To: <sip:{user}@{REALM}>",
        "Call-ID: bench",
        f"CSeq: {number} REGISTER",
        f"Contact: <sip:{user}@127.0.0.1:{phone}>",
        "Expires: 3600",
        "Content-Length: 0",
    ]
    udp.send("".join(f"{line}\r\n" for line in (*lines, *filter(None, [more]), "")).encode())
    try:
        return udp.recv(65_535).decode()
    except TimeoutError:
        raise Failure("the registrar does not answer") from None


def authorization(user: str, password: str, nonce: str) -> str:
    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    count, own = "00000001", "bench"
    response = md5(md5(user, REALM, password), nonce, count, own, "auth", md5("REGISTER", URI))
    return (
        f'Authorization: Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="{URI}", algorithm=MD5, '
        f'qop=auth, nc={count}, cnonce="{own}", response="{response}"'
    )
