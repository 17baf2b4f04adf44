//! What texts do messages bring, in which character sets and encodings?

use super::Sample;

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "plain text",
        raw: b"From: ann@example.org
To: Bob <bob@example.org>
Date: Thu, 29 Feb 2024 13:00:00 +0100
Message-ID: <1@example.org>
Subject: Hello

Hello Bob,

see you.
",
        outline: r#"Hello | ann@example.org | Bob <bob@example.org> | 20240229T120000Z | 1@example.org
EMail From=""/ann@example.org To="Bob"/bob@example.org Date=20240229T120000Z/20240229T150000/3600 Message-ID="<1@example.org>" Subject="Hello"
  - text/plain = "Hello Bob,\n\nsee you.\n""#,
    },
    Sample {
        name: "UTF-8 in eight bits",
        raw: b"From: ann@example.org
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln
",
        outline: r#"Grüße | ann@example.org
EMail From=""/ann@example.org Subject="Grüße" Content-Transfer-Encoding="8bit"
  - text/plain charset="utf-8" = "Grüße aus Köln\n""#,
    },
    Sample {
        name: "Latin-1 in quoted-printable",
        raw: b"From: ann@example.org
Subject: =?iso-8859-1?Q?Gr=FC=DFe?=
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe aus =
K=F6ln =3D gut
",
        outline: r#"Grüße | ann@example.org
EMail From=""/ann@example.org Subject="Grüße" Content-Transfer-Encoding="quoted-printable"
  - text/plain charset="iso-8859-1" = "Grüße aus Köln = gut\n""#,
    },
    Sample {
        name: "Russian in KOI8-R and base64",
        raw: b"From: ann@example.org
Subject: =?koi8-r?B?8NLJ18XU?=
Content-Type: text/plain; charset=koi8-r
Content-Transfer-Encoding: base64

8NLJ18XULCDiz8IhCg==
",
        outline: r#"Привет | ann@example.org
EMail From=""/ann@example.org Subject="Привет" Content-Transfer-Encoding="base64"
  - text/plain charset="koi8-r" = "Привет, Боб!\n""#,
    },
    Sample {
        name: "Japanese in seven bits",
        raw: b"From: ann@example.org
Subject: =?ISO-2022-JP?B?GyRCRnxLXDhsJE43b0w+GyhC?=
Content-Type: text/plain; charset=ISO-2022-JP
Content-Transfer-Encoding: 7bit

\x1b$B$3$s$K$A$O\x1b(B
",
        outline: r#"日本語の件名 | ann@example.org
EMail From=""/ann@example.org Subject="日本語の件名" Content-Transfer-Encoding="7bit"
  - text/plain charset="ISO-2022-JP" = "こんにちは\n""#,
    },
    Sample {
        name: "Japanese in seven bits that nobody named",
        raw: b"From: ann@example.org
Subject: \x1b$B7oL>\x1b(B

\x1b$B$3$s$K$A$O\x1b(B
",
        outline: r#"件名 | ann@example.org
EMail From=""/ann@example.org Subject="件名"
  - text/plain = "こんにちは\n""#,
    },
    Sample {
        name: "Chinese in GB2312",
        raw: b"From: ann@example.org
Subject: =?gb2312?B?xOO6ww==?=
Content-Type: text/plain; charset=gb2312
Content-Transfer-Encoding: 8bit

\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7
",
        outline: r#"你好 | ann@example.org
EMail From=""/ann@example.org Subject="你好" Content-Transfer-Encoding="8bit"
  - text/plain charset="gb2312" = "你好，世界\n""#,
    },
    Sample {
        name: "Japanese in Shift_JIS",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=Shift_JIS

\x83n\x83\x8d\x81[\x81E\x83\x8f\x81[\x83\x8b\x83h
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain charset="Shift_JIS" = "ハロー・ワールド\n""#,
    },
    Sample {
        name: "Korean under its old name",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=\"ks_c_5601-1987\"

\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain charset="ks_c_5601-1987" = "안녕하세요\n""#,
    },
    Sample {
        name: "UTF-16 with a byte order mark",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=utf-16
Content-Transfer-Encoding: base64

//5HAHIA/ADfAGUACgA=
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org Content-Transfer-Encoding="base64"
  - text/plain charset="utf-16" = "Grüße\n""#,
    },
    Sample {
        name: "UTF-7",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=utf-7

Hi Mom +Jjo-!
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain charset="utf-7" = "Hi Mom ☺!\n""#,
    },
    Sample {
        name: "curly quotes that pass for ASCII",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=us-ascii

\x93Hello\x94 \x96 5 \x80
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain charset="us-ascii" = "“Hello” – 5 €\n""#,
    },
    Sample {
        name: "UTF-8 that nobody named",
        raw: b"From: ann@example.org
Subject: Gr\xc3\xbc\xc3\x9fe

Gr\xc3\xbc\xc3\x9fe
",
        outline: r#"Grüße | ann@example.org
EMail From=""/ann@example.org Subject="Grüße"
  - text/plain = "Grüße\n""#,
    },
    Sample {
        name: "a character set that nobody knows",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=x-klingon

caf\xe9
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain charset="x-klingon" = "café\n""#,
    },
    Sample {
        name: "HTML",
        raw: b"From: ann@example.org
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Gr=C3=BC=C3=9Fe &amp; <b>mehr</b></p>
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org Content-Transfer-Encoding="quoted-printable"
  - text/html charset="utf-8" = "<p>Grüße &amp; <b>mehr</b></p>\n""#,
    },
    Sample {
        name: "flowed text with a comment in its type",
        raw: b"From: ann@example.org
Content-Type: text/plain (yes); charset=\"utf-8\" (really); format=flowed; delsp=yes

a\x20
b
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain charset="utf-8" format:"flowed" delsp:"yes" = "a \nb\n""#,
    },
    Sample {
        name: "bytes that are not UTF-8 though they should be",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=utf-8

a\xffb
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain charset="utf-8" = "a�b\n""#,
    },
    Sample {
        name: "damaged base64",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

SGVs!!bG8g*d29y
bGQK====
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org Content-Transfer-Encoding="base64"
  - text/plain charset="utf-8" error="the transfer encoding is damaged" = "Hello world\n""#,
    },
    Sample {
        name: "damaged quoted-printable",
        raw: b"From: ann@example.org
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

1=2 =ZZ caf=C3=A9=
!
=",
        outline: r#"ann@example.org
EMail From=""/ann@example.org Content-Transfer-Encoding="quoted-printable"
  - text/plain charset="utf-8" = "1=2 =ZZ café!\n""#,
    },
    Sample {
        name: "an encoding that nobody knows",
        raw: b"From: ann@example.org
Content-Transfer-Encoding: x-uuencode

begin 644 a
#86)C
`
end
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org Content-Transfer-Encoding="x-uuencode"
  - text/plain = "begin 644 a\n#86)C\n`\nend\n""#,
    },
    Sample {
        name: "control characters",
        raw: b"From: ann@example.org
Subject: a\x07b\0c

x\0y\x0cz\x1b[1m
",
        outline: r#"a b c | ann@example.org
EMail From=""/ann@example.org Subject="a b c"
  - text/plain = "x\0y\u{c}z\u{1b}[1m\n""#,
    },
];
