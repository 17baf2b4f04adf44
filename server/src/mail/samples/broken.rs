//! How are the parts of messages broken?

use super::Sample;

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "a multipart cut off",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx

one
--xx
Content-Type: application/pdf
Content-Transfer-Encoding: base64

JVBERi0x",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org
  - multipart/mixed error="the closing boundary is missing: the message may be cut off"
    01 text/plain = "one"
    02 application/pdf"#,
    },
    Sample {
        name: "a multipart without boundary",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed

--xx

one
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed error="the multipart names no boundary"
    01 text/plain = "--xx\n\none\n--xx--\n""#,
    },
    Sample {
        name: "a boundary that does not occur",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=yy

--xx

one
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed error="the boundary of the multipart does not occur"
    01 text/plain = "--xx\n\none\n--xx--\n""#,
    },
    Sample {
        name: "a multipart without parts",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed"#,
    },
    Sample {
        name: "an empty multipart",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed error="the boundary of the multipart does not occur""#,
    },
    Sample {
        name: "parts with nothing in them",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx
--xx

--xx


--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed
    01 text/plain = ""
    02 text/plain = ""
    03 text/plain = """#,
    },
    Sample {
        name: "parts without header or without empty line",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx
no header at all
--xx
Content-Type: text/html
<p>no empty line
--xx
http: looks like one
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed
    01 text/plain = "no header at all"
    02 text/html = "<p>no empty line"
    03 text/plain = """#,
    },
    Sample {
        name: "an inner multipart that is not closed",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: multipart/alternative; boundary=i

--i

one
--i

two
--o

three
--o--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed
    01 multipart/alternative error="the closing boundary is missing: the message may be cut off"
      01-01 text/plain = "one"
      01-02 text/plain = "two"
    02 text/plain = "three""#,
    },
    Sample {
        name: "the same boundary inside and outside",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=x

--x

one
--x--
--x

two
--x--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed
    01 multipart/alternative error="the boundary of the multipart does not occur"
    02 text/plain = "one""#,
    },
    Sample {
        name: "a multipart said to be base64",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx
Content-Transfer-Encoding: base64

--xx

one
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org Content-Transfer-Encoding="base64"
  - multipart/mixed
    01 text/plain = "one""#,
    },
    Sample {
        name: "a type that is none",
        raw: b"From: ann@example.org
Content-Type: text

one
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/plain = "one\n""#,
    },
    Sample {
        name: "a type with open quotes",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=\"xx

--xx

one
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed
    01 text/plain = "one""#,
    },
    Sample {
        name: "two types",
        raw: b"From: ann@example.org
Content-Type: text/html
Content-Type: text/plain

one
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - text/html = "one\n""#,
    },
    Sample {
        name: "a nested message of nothing",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx
Content-Type: message/rfc822

--xx--
",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org
  - multipart/mixed
    01 message/rfc822
      EMail 01
        01-01 text/plain = """#,
    },
    Sample {
        name: "only a boundary in the whole body",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed error="the closing boundary is missing: the message may be cut off"
    01 text/plain = """#,
    },
];
