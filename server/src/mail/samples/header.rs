//! What do headers look like, right and wrong?

use super::Sample;

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "a character broken over two encoded words",
        raw: b"From: ann@example.org
Subject: =?utf-8?B?R3LDvMOf?=
 =?utf-8?B?ZSBhdXMgS8M=?=
 =?utf-8?B?tmxu?=


",
        outline: r#"Grüße aus Köln | ann@example.org
EMail From=""/ann@example.org Subject="Grüße aus Köln"
  - text/plain = "\n""#,
    },
    Sample {
        name: "encoded and plain words",
        raw: b"From: ann@example.org
Subject: Re: [list] =?utf-8?Q?caf=C3=A9_au_lait?= (fwd) =?x?= =?utf-8?Q?d=C3=A9j=C3=A0?= =?iso-8859-1?Q?_vu?=


",
        outline: r#"Re: [list] café au lait (fwd) =?x?= déjà vu | ann@example.org
EMail From=""/ann@example.org Subject="Re: [list] café au lait (fwd) =?x?= déjà vu"
  - text/plain = "\n""#,
    },
    Sample {
        name: "Latin-1 without encoding",
        raw: b"From: J\xf6rg <j@example.org>
To: \"M\xfcller, Ute\" <u@example.org>
Subject: Gr\xfc\xdfe


",
        outline: r#"Grüße | Jörg | j@example.org | Müller, Ute <u@example.org>
EMail From="Jörg"/j@example.org To="Müller, Ute"/u@example.org Subject="Grüße"
  - text/plain = "\n""#,
    },
    Sample {
        name: "UTF-8 without encoding",
        raw: b"From: J\xc3\xb6rg <j\xc3\xb6rg@b\xc3\xbccher.example>
To: \"M\xc3\xbcller, Ute\" <u@example.org>
Subject: Gr\xc3\xbc\xc3\x9fe \xf0\x9f\x91\x8b


",
        outline: r#"Grüße 👋 | Jörg | jörg@bücher.example | Müller, Ute <u@example.org>
EMail From="Jörg"/jörg@bücher.example To="Müller, Ute"/u@example.org Subject="Grüße 👋"
  - text/plain = "\n""#,
    },
    Sample {
        name: "encoded names with commas, in quotes and out of them",
        raw: b"From: =?utf-8?Q?Doe=2C_J=C3=B6rg?= <j@example.org>
To: \"=?utf-8?B?TcO8bGxlciwgVXRl?=\" <u@example.org>, =?utf-8?Q?A,_B?= <c@example.org>

",
        outline: r#"Doe, Jörg | j@example.org | Müller, Ute <u@example.org>, A, B <c@example.org>
EMail From="Doe, Jörg"/j@example.org To="Müller, Ute"/u@example.org To="A, B"/c@example.org
  - text/plain = """#,
    },
    Sample {
        name: "groups",
        raw: b"From: list@example.org
To: Friends: ann@example.org, \"Bob, B.\" <bob@example.org>;, eve@example.org
Cc: undisclosed-recipients:;

",
        outline: r#"list@example.org | ann@example.org, Bob, B. <bob@example.org>, eve@example.org | undisclosed-recipients
EMail From=""/list@example.org To=""/ann@example.org To="Bob, B."/bob@example.org To=""/eve@example.org Cc="undisclosed-recipients"/
  - text/plain = """#,
    },
    Sample {
        name: "obsolete addresses and an obsolete date",
        raw: b"From: Joe (Joe (Doe)) <@relay,@hop:joe@example . org>
To: jane@example.org (Jane), \"odd name\"@example.org
Date: 29 Feb 24 13:00 EST (winter)

",
        outline: r#"Joe (Joe (Doe)) | joe@example.org | Jane <jane@example.org>, "odd name"@example.org | 20240229T180000Z
EMail From="Joe (Joe (Doe))"/joe@example.org To="Jane"/jane@example.org To=""/"odd name"@example.org Date=20240229T180000Z/20240229T210000/-18000
  - text/plain = """#,
    },
    Sample {
        name: "several authors and no one",
        raw: b"From: Ann <ann@example.org>, bob@example.org
Sender: carol@example.org
Reply-To: <>
Return-Path: <>
To:

",
        outline: r#"Ann | ann@example.org
EMail From="Ann"/ann@example.org From=""/bob@example.org Sender=""/carol@example.org
  - text/plain = """#,
    },
    Sample {
        name: "folded fields",
        raw: b"From: Ann
\t<ann@example.org>
To: bob@example.org,
  carol@example.org
Subject: a long
 subject over
\tlines
Date: Thu,
 29 Feb 2024
 13:00:00 +0000

",
        outline: r#"a long subject over lines | Ann | ann@example.org | bob@example.org, carol@example.org | 20240229T130000Z
EMail From="Ann"/ann@example.org To=""/bob@example.org To=""/carol@example.org Subject="a long subject over lines" Date=20240229T130000Z/20240229T160000/0
  - text/plain = """#,
    },
    Sample {
        name: "fields that come twice",
        raw: b"From: ann@example.org
To: bob@example.org
Subject: first
Subject: second
To: carol@example.org

",
        outline: r#"first | ann@example.org | bob@example.org, carol@example.org
EMail From=""/ann@example.org To=""/bob@example.org Subject="first" Subject="second" To=""/carol@example.org
  - text/plain = """#,
    },
    Sample {
        name: "blanks before the colon and odd names",
        raw: b"From : ann@example.org
Subject\t: spaced
X-2: ok
2X: no name
X:Y: colon
MIME: shadow
X-Priority: 1 (Highest)
MIME-Version: 1.0

x
",
        outline: r#"spaced | ann@example.org
EMail From=""/ann@example.org Subject="spaced" X-2="ok" X="Y: colon" X-Priority="1 (Highest)" Pty="High" MIME-Version="1.0"
  - text/plain = "x\n""#,
    },
    Sample {
        name: "a line that is no field and the line of an mbox",
        raw: b"From ann Thu Feb 29 13:00:00 2024
From: ann@example.org
this is no field
Subject: after it

body
",
        outline: r#"after it | ann@example.org
EMail From=""/ann@example.org Subject="after it"
  - text/plain = "body\n""#,
    },
    Sample {
        name: "dates that are none",
        raw: b"From: ann@example.org
Date: yesterday
Resent-Date: Thu, 29 Feb 2024 13:00:00 -0500

",
        outline: r#"ann@example.org
EMail From=""/ann@example.org Date="yesterday" Resent-Date=20240229T180000Z/20240229T210000/-18000
  - text/plain = """#,
    },
    Sample {
        name: "a header that goes over into the text",
        raw: b"From: ann@example.org
Subject: no empty line
Hello Bob
Bye
",
        outline: r#"no empty line | ann@example.org
EMail From=""/ann@example.org Subject="no empty line"
  - text/plain = "Hello Bob\nBye\n""#,
    },
    Sample {
        name: "nothing but a header",
        raw: b"From: ann@example.org
Subject: only",
        outline: r#"only | ann@example.org
EMail From=""/ann@example.org Subject="only"
  - text/plain = """#,
    },
    Sample {
        name: "nothing but a text",
        raw: b"Hello Bob,
no header here: none.
",
        outline: r#"
EMail
  - text/plain = "Hello Bob,\nno header here: none.\n""#,
    },
    Sample {
        name: "nothing",
        raw: b"",
        outline: r#"
EMail
  - text/plain = """#,
    },
    Sample {
        name: "an empty line",
        raw: b"
",
        outline: r#"
EMail
  - text/plain = """#,
    },
];
