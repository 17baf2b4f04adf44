"""How does Python's `email` read messages? Writes messages of all shapes, and what it makes of each.

    reading.py FOLDER SAMPLES

writes FOLDER/NAME.eml for each message and FOLDER/NAME.json for its reading. The messages are made here, always the same
ones; beside them those in SAMPLES are read, and those of Python's own tests, where they are installed.
"""

import base64
import email
import email.header
import email.policy
import email.utils
import json
import pathlib
import random
import sys
from datetime import timezone

CHARSETS = {
    "utf-8": "Grüße, €, 日本語, Привет",
    "iso-8859-1": "Grüße an Jörg",
    "iso-8859-15": "5 € für Jörg",
    "windows-1252": "“Grüße” – 5 €",
    "koi8-r": "Привет, мир",
    "windows-1251": "Привет, мир",
    "gb2312": "你好，世界",
    "big5": "你好世界",
    "shift_jis": "こんにちは世界",
    "iso-2022-jp": "こんにちは世界",
    "euc-jp": "こんにちは世界",
    "euc-kr": "안녕하세요",
    "us-ascii": "Hello, world",
}
WORDS = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore".split()


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.boundaries = 0

    def words(self, low, high):
        return " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(low, high)))

    def encoded(self, text, charset):
        """Encoded words, of either kind, cut anywhere between characters."""
        pieces, rest = [], text
        while rest:
            length = self.random.randint(3, 12)
            piece, rest = rest[:length].encode(charset), rest[length:]
            if self.random.random() < 0.5:
                data = base64.b64encode(piece).decode()
                pieces.append(f"=?{charset}?{self.random.choice('Bb')}?{data}?=")
            else:
                keep = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                data = "".join(chr(b) if b in keep else "_" if b == 32 else f"={b:02X}" for b in piece)
                pieces.append(f"=?{charset}?{self.random.choice('Qq')}?{data}?=")
        return self.random.choice([" ", "\n "]).join(pieces)

    def body(self, text, charset):
        """The lines of a part of text: its header and its body."""
        raw = text.encode(charset)
        kind = self.random.choice(["8bit", "quoted-printable", "base64", "Base64", "QUOTED-PRINTABLE"])
        header = f'Content-Type: text/plain; charset="{charset}"\nContent-Transfer-Encoding: {kind}\n\n'
        if kind.lower() == "base64":
            raw = base64.encodebytes(raw)
        elif kind.lower() == "quoted-printable":
            import quopri

            raw = quopri.encodestring(raw)
        return header.encode() + raw

    def address(self):
        local = self.random.choice(["ann", "bob.b", "x+y", '"a b"', '"a@b"', "o'neil", "1"])
        at = f"{local}@{self.random.choice(['example.org', 'sub.example.com', '[192.0.2.1]'])}"
        charset = self.random.choice(["utf-8", "iso-8859-1"])
        return self.random.choice([
            at,
            f"<{at}>",
            f"Ann Example <{at}>",
            f'"Example, Ann" <{at}>',
            f'"Ann \\"A\\" E." <{at}>',
            f"{self.encoded('Jörg Ö', charset)} <{at}>",
            f"Ann  (the  second) <{at}>",
            f"{at} (Ann Example)",
            f"Ann.B Example <{at}>",
        ])

    def addresses(self):
        some = ", ".join(self.address() for _ in range(self.random.randint(1, 5)))
        return self.random.choice([some, some, f"Friends: {some};", "undisclosed-recipients:;", some.replace(", ", ",\n\t")])

    def date(self):
        r = self.random
        day, month, year = r.randint(1, 28), r.choice("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()), r.randint(1990, 2037)
        time = f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"
        zone = r.choice(["+0000", "-0800", "+0530", "+1300", "GMT", "EST", "PDT", "UT", "-0000", "+0100 (CET)"])
        return r.choice([
            f"Mon, {day} {month} {year} {time} {zone}",
            f"{day} {month} {year} {time} {zone}",
            f"Mon,{day:02} {month} {year} {time} {zone}",
            f"Mon, {day} {month} {year} {time[:5]} {zone}",
            f"Mon, {day} {month} {year % 100:02} {time} {zone}",
            f"Monday, {day}-{month}-{year % 100:02} {time} {zone}",
            f"Mon, {day} {month}\n {year} {time}\n\t{zone}",
        ])

    def header(self, **fields):
        lines = [f"From: {self.address()}", f"To: {self.addresses()}", f"Date: {self.date()}", "MIME-Version: 1.0"]
        if self.random.random() < 0.5:
            lines.append(f"Cc: {self.addresses()}")
        lines.append(f"Subject: {fields.get('subject', self.words(1, 6))}")
        self.random.shuffle(lines)
        return "\n".join(lines) + "\n"

    def message(self, family, number):
        return getattr(self, family)(number)

    def charsets(self, number):
        charset = list(CHARSETS)[number % len(CHARSETS)]
        text = CHARSETS[charset]
        subject = self.encoded(text, charset) if charset != "us-ascii" else text
        lines = "\n".join(text for _ in range(self.random.randint(1, 5))) + self.random.choice(["", "\n"])
        return self.header(subject=subject).encode() + self.body(lines, charset)

    def long(self, number):
        """Long fields, folded in many ways."""
        pieces = [self.words(1, 12) if self.random.random() < 0.7 else self.encoded(self.words(1, 4), "utf-8") for _ in range(40)]
        subject = pieces[0]
        for piece in pieces[1:]:
            subject += self.random.choice(["\n ", "\n\t", "\n  ", " "]) + piece
        return self.header(subject=subject).encode() + b"\nbody\n"

    def addresses_in_fields(self, number):
        return self.header().encode() + b"\n" + self.words(3, 30).encode() + b"\n"

    def dates(self, number):
        return f"Date: {self.date()}\nFrom: a@example.org\n\nx".encode()

    def parameters(self, number):
        """File names in all forms of RFC 2231 and others."""
        name = self.random.choice(["plain.txt", "Grüße.pdf", "a b.txt", "€ rates.txt", "日本.doc", 'q"uote.txt'])
        percent = "".join(chr(b) if chr(b).isalnum() and b < 128 else f"%{b:02X}" for b in name.encode())
        cut = self.random.randint(1, len(percent) - 1)
        while "%" in percent[max(0, cut - 2) : cut]:
            cut -= 1
        cut = max(cut, 1)
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        forms = [f"filename*=utf-8''{percent}", f"filename*0*=utf-8'en'{percent[:cut]}; filename*1*={percent[cut:]}"]
        if name.isascii():
            forms += [f'filename="{quoted}"', f'filename*0="{name[:3]}"; filename*1="{name[3:]}"' if '"' not in name else f'filename="{quoted}"']
        form = self.random.choice(forms).replace("; ", self.random.choice(["; ", ";\n ", ";"]))
        return f"{self.header()}Content-Type: application/octet-stream\nContent-Disposition: attachment; {form}\n\nx\n".encode()

    def part(self, depth):
        kind = self.random.random()
        if depth > 0 and kind < 0.4:
            return self.multipart(depth - 1)
        if depth > 0 and kind < 0.5:
            return b"Content-Type: message/rfc822\n\n" + self.header().encode() + self.part(depth - 1)
        if kind < 0.6:
            data = base64.encodebytes(self.random.randbytes(self.random.randint(0, 200)))
            return b"Content-Type: image/png\nContent-Transfer-Encoding: base64\nContent-ID: <p@x>\n\n" + data
        if kind < 0.7:
            return b"\nno header at all\n"
        charset = self.random.choice(list(CHARSETS))
        return self.body(CHARSETS[charset] + "\n" + self.words(0, 40), charset)

    def multipart(self, depth, end=True):
        self.boundaries += 1
        boundary = self.random.choice([f"b{self.boundaries}", f"=_{self.boundaries}=", f"----x.{self.boundaries}"])
        subtype = self.random.choice(["mixed", "alternative", "related", "parallel", "x-unknown"])
        out = f'Content-Type: multipart/{subtype};\n boundary="{boundary}"\n\n'.encode()
        if self.random.random() < 0.3:
            out += b"This is the preamble.\n"
        for _ in range(self.random.randint(1, 4)):
            out += f"--{boundary}{self.random.choice(['', '', ' '])}\n".encode() + self.part(depth) + b"\n"
        if end:
            out += f"--{boundary}--\n".encode()
            if self.random.random() < 0.3:
                out += b"This is the epilogue.\n"
        return out

    def nested(self, number):
        return self.header().encode() + self.multipart(self.random.randint(0, 4))

    def unfinished(self, number):
        """Without the closing boundary, or cut off anywhere."""
        whole = self.header().encode() + self.multipart(2, end=False)
        return whole if number % 2 else whole[: self.random.randint(len(whole) // 2, len(whole))]

    def ends(self, number):
        """Other line ends."""
        raw = self.header().encode() + self.multipart(1)
        if number % 2:
            return raw.replace(b"\n", b"\r\n")
        return b"".join(line + self.random.choice([b"\n", b"\r\n"]) for line in raw.split(b"\n"))


FAMILIES = {
    "charsets": 200, "long": 150, "addresses_in_fields": 300, "dates": 150, "parameters": 150, "nested": 200, "unfinished": 150,
    "ends": 100,
}


def messages(samples):
    maker = Maker(20240229)
    for family, count in FAMILIES.items():
        for number in range(count):
            yield f"{family}-{number:03}", maker.message(family, number)
    for path in sorted(pathlib.Path(samples).glob("**/*.eml")):
        yield f"sample-{path.parent.name}-{path.stem}", path.read_bytes()
    try:
        import test.test_email as own
    except ImportError:
        return
    for path in sorted((pathlib.Path(own.__file__).parent / "data").glob("msg_*.txt")):
        yield f"python-{path.stem}", path.read_bytes()


def addresses(message, name):
    """Names and addresses: those of `email.utils`, which takes comments for names as people do."""
    values = [str(value).replace("\r", "").replace("\n", "") for value in message.get_all(name, [])]
    pairs = [pair for pair in email.utils.getaddresses(values) if pair[1]]
    return [[str(email.header.make_header(email.header.decode_header(real))), address] for real, address in pairs]


def date(message):
    field = message["Date"]
    moment = getattr(field, "datetime", None)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return int(moment.timestamp())


def part(message, depth):
    """A part and those in it, in order."""
    own = {"depth": depth, "type": message.get_content_type()}
    if message.is_multipart():
        yield own
        for child in message.get_payload():
            yield from part(child, depth + 1)
        return
    body = message.get_payload(decode=True) or b""
    own["body"] = base64.b64encode(body).decode()
    if message.get_content_maintype() == "text":
        charset = message.get_content_charset()
        try:
            own["text"] = body.decode(charset, "replace") if charset else None
        except LookupError:
            own["text"] = None
    own["file"] = message.get_filename()
    yield own


def guarded(read, *arguments):
    """What is read; a failure of Python's is no reading."""
    try:
        return {"read": read(*arguments)}
    except Exception as error:
        return {"failed": repr(error)}


def reading(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    simple = email.message_from_bytes(raw)
    return {
        "subject": guarded(lambda: None if message["Subject"] is None else str(message["Subject"])),
        "from": guarded(addresses, simple, "From"),
        "to": guarded(addresses, simple, "To"),
        "cc": guarded(addresses, simple, "Cc"),
        "date": guarded(date, message),
        "parts": guarded(lambda: list(part(message, 0))),
    }


def plain(value):
    """The value with U+FFFD for bytes that Python could make nothing of, which it keeps as half characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, raw in messages(sys.argv[2]):
        (folder / f"{name}.eml").write_bytes(raw)
        (folder / f"{name}.json").write_text(json.dumps(plain(reading(raw))))


main()
