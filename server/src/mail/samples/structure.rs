//! Of which parts are messages made?

use super::Sample;

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "an alternative",
        raw: b"From: ann@example.org
Content-Type: multipart/alternative; boundary=xx

--xx
Content-Type: text/plain

plain
--xx
Content-Type: text/html

<p>html
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/alternative
    01 text/plain = "plain"
    02 text/html = "<p>html""#,
    },
    Sample {
        name: "a page with a picture",
        raw: b"From: ann@example.org
Content-Type: multipart/related; boundary=\"a=_b\"

--a=_b
Content-Type: text/html

<img src=\"cid:p1@x\">
--a=_b
Content-Type: image/gif
Content-Transfer-Encoding: base64
Content-ID: <p1@x>
Content-Location: http://x/p.gif

R0lGODlhAQABAAAAACw=
--a=_b--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/related
    01 text/html = "<img src=\"cid:p1@x\">"
    02 image/gif id="p1@x" location="http://x/p.gif""#,
    },
    Sample {
        name: "an attachment",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

This is a message in MIME format.
--xx

see the file
--xx
Content-Type: application/pdf; name=\"a b.pdf\"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=\"a b.pdf\"; size=9
Content-Description: the =?utf-8?Q?B=C3=A4r?=

JVBERi0xLjQK
--xx--
The end.
",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org
  - multipart/mixed
    01 text/plain = "see the file"
    02 application/pdf disposition="attachment" description="the Bär" name:"a b.pdf" filename:"a b.pdf" size:"9""#,
    },
    Sample {
        name: "multiparts in multiparts",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: multipart/related; boundary=m

--m
Content-Type: multipart/alternative; boundary=i

--i

plain
--i
Content-Type: text/html

html
--i--
--m
Content-Type: image/png
Content-ID: <x>

PNG
--m--
--o
Content-Type: text/plain; name=notes.txt

notes
--o--
",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org
  - multipart/mixed
    01 multipart/related
      01-01 multipart/alternative
        01-01-01 text/plain = "plain"
        01-01-02 text/html = "html"
      01-02 image/png id="x"
    02 text/plain name:"notes.txt" = "notes""#,
    },
    Sample {
        name: "a forwarded message",
        raw: b"From: ann@example.org
Subject: outer
Content-Type: multipart/mixed; boundary=xx

--xx

fyi
--xx
Content-Type: message/rfc822

From: eve@example.org
Subject: inner

inner text
--xx--
",
        outline: r#"outer | ann@example.org | attachment
EMail From=""/ann@example.org Subject="outer"
  - multipart/mixed
    01 text/plain = "fyi"
    02 message/rfc822
      EMail 02 From=""/eve@example.org Subject="inner"
        02-01 text/plain = "inner text""#,
    },
    Sample {
        name: "a forwarded message with parts",
        raw: b"From: ann@example.org
Subject: outer
Content-Type: multipart/mixed; boundary=xx

--xx
Content-Type: message/rfc822
Content-Disposition: attachment; filename=mail.eml

From: eve@example.org
Subject: inner
Content-Type: multipart/mixed; boundary=yy

--yy

inner text
--yy
Content-Type: message/rfc822

Subject: innermost

deep text
--yy--
--xx--
",
        outline: r#"outer | ann@example.org | attachment
EMail From=""/ann@example.org Subject="outer"
  - multipart/mixed
    01 message/rfc822 disposition="attachment" filename:"mail.eml"
      EMail 01 From=""/eve@example.org Subject="inner"
        - multipart/mixed
          01-01 text/plain = "inner text"
          01-02 message/rfc822
            EMail 01-02 Subject="innermost"
              01-02-01 text/plain = "deep text""#,
    },
    Sample {
        name: "a forwarded message that was encoded",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx
Content-Type: message/rfc822
Content-Transfer-Encoding: base64

U3ViamVjdDogaW5uZXINCkNvbnRlbnQtVHlwZTogbXVsdGlwYXJ0L21peGVkOyBib3VuZGFyeT15
eQ0KDQotLXl5DQoNCmlubmVyIHRleHQNCi0teXktLQ0K
--xx--
",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org
  - multipart/mixed
    01 message/rfc822
      EMail 01 Subject="inner"
        - multipart/mixed
          01-01 text/plain = "inner text""#,
    },
    Sample {
        name: "a message that is nothing but another",
        raw: b"Subject: outer
Content-Type: message/rfc822

Subject: inner

inner text
",
        outline: r#"outer
EMail Subject="outer"
  - message/rfc822
    EMail Subject="inner"
      01 text/plain = "inner text\n""#,
    },
    Sample {
        name: "a digest",
        raw: b"From: ann@example.org
Content-Type: multipart/digest; boundary=xx

--xx

Subject: one

text one
--xx

Subject: two

text two
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/digest
    01 message/rfc822
      EMail 01 Subject="one"
        01-01 text/plain = "text one"
    02 message/rfc822
      EMail 02 Subject="two"
        02-01 text/plain = "text two""#,
    },
    Sample {
        name: "a report",
        raw: b"From: ann@example.org
Content-Type: multipart/report; report-type=delivery-status; boundary=xx

--xx

It did not arrive.
--xx
Content-Type: message/delivery-status

Reporting-MTA: dns; x

--xx
Content-Type: text/rfc822-headers

From: Ann <ann@example.org>
Subject: lost
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/report report-type:"delivery-status"
    01 text/plain = "It did not arrive."
    02 message/delivery-status
    03 text/rfc822-headers
      EMail 03 From="Ann"/ann@example.org Subject="lost""#,
    },
    Sample {
        name: "a signed message",
        raw: b"From: ann@example.org
Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=xx

--xx
Content-Type: text/plain

signed

--xx
Content-Type: application/pgp-signature; name=signature.asc

-----BEGIN PGP SIGNATURE-----
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/signed protocol:"application/pgp-signature"
    01 text/plain = "signed\n"
    02 application/pgp-signature name:"signature.asc""#,
    },
    Sample {
        name: "an invitation",
        raw: b"From: ann@example.org
Content-Type: multipart/alternative; boundary=xx

--xx

come
--xx
Content-Type: text/calendar; method=REQUEST; charset=utf-8

BEGIN:VCALENDAR
END:VCALENDAR
--xx--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/alternative
    01 text/plain = "come"
    02 text/calendar charset="utf-8" method:"REQUEST""#,
    },
    Sample {
        name: "a picture alone",
        raw: b"From: ann@example.org
Content-Type: image/png; name=p.png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org Content-Transfer-Encoding="base64"
  - image/png name:"p.png""#,
    },
    Sample {
        name: "a file name in pieces",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx
Content-Disposition: attachment; filename*1*=%E4.txt; filename*0*=iso-8859-1''f%F6o
Content-Type: application/octet-stream

1
--xx
Content-Disposition: attachment;
 filename*0*=UTF-8''%E2%82;
 filename*1*=%AC%20rates;
 filename*2=.xls

2
--xx
Content-Disposition: attachment; filename=\"=?utf-8?B?w7YucGRm?=\"

3
--xx
Content-Type: image/jpeg; name=\"=?iso-8859-1?Q?=FC.jpg?=\"

4
--xx--
",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org
  - multipart/mixed
    01 application/octet-stream disposition="attachment" filename:"föoä.txt"
    02 text/plain disposition="attachment" filename:"€ rates.xls" = "2"
    03 text/plain disposition="attachment" filename:"ö.pdf" = "3"
    04 image/jpeg name:"ü.jpg""#,
    },
    Sample {
        name: "file names that play tricks",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=xx

--xx
Content-Disposition: attachment; filename=\"../../etc/passwd\"

1
--xx
Content-Disposition: attachment; filename=\"C:\\dir\\a.exe\"

2
--xx
Content-Disposition: attachment; filename*=utf-8''a%0d%0aX%3a%20%e2%80%aegpj.exe

3
--xx
Content-Disposition: attachment; filename=My File (1).pdf

4
--xx
Content-Disposition: attachment; filename=\"..\"

5
--xx--
",
        outline: r#"ann@example.org | attachment
EMail From=""/ann@example.org
  - multipart/mixed
    01 text/plain disposition="attachment" filename:"../../etc/passwd" = "1"
    02 text/plain disposition="attachment" filename:"C:\\dir\\a.exe" = "2"
    03 text/plain disposition="attachment" filename:"a  X: \u{202e}gpj.exe" = "3"
    04 text/plain disposition="attachment" filename:"My File (1).pdf" = "4"
    05 text/plain disposition="attachment" filename:".." = "5""#,
    },
    Sample {
        name: "a boundary that begins like another",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=\"b-1\"

--b-1

one
--b-1

two
--b-1--
--b

three
--bb is text
 --b too
--b--
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed
    01 multipart/alternative
      01-01 text/plain = "one"
      01-02 text/plain = "two"
    02 text/plain = "three\n--bb is text\n --b too""#,
    },
    Sample {
        name: "a boundary of odd characters with blanks behind it",
        raw: b"From: ann@example.org
Content-Type: multipart/mixed;
 boundary=\"a'()+_,-./:=? b\"

--a'()+_,-./:=? b \t

one
--a'()+_,-./:=? b-- \x20
end
",
        outline: r#"ann@example.org
EMail From=""/ann@example.org
  - multipart/mixed
    01 text/plain = "one""#,
    },
];
