//! Does a card say the same in text of each version and in XML?

use proptest::prelude::*;
use protocol::{Element, Limits};

use super::super::room::Room;
use super::*;

const MODERN: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;John;Q.;Dr.;Jr.\\, M.D.\r\nFN:Dr. John Doe\r\n\
    X-FILE-AS:Doe\\, John\r\nORG:Example\\, Inc.;Sales;West\r\nTITLE:Head\r\nEMAIL;TYPE=INTERNET,HOME:john@example.org\r\n\
    item1.TEL;TYPE=CELL;X-NOTE=\"a:b\":+1 555\r\nADR;TYPE=WORK:;;1 Main St.;Town;;12345;Land\r\nBDAY:1970-01-31\r\n\
    NOTE:two\\nlines\\; and more\r\nURL:http://example.org/a,b;c\r\nCATEGORIES:one,two\\,three\r\nGEO:1.5;2.5\r\n\
    X-UNKNOWN;X-P=1:something\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAECAwQ=\r\nEND:VCARD\r\n";

const XML: &str = "<vCard><N><FAMILY>Doe</FAMILY><GIVEN>John</GIVEN><MIDDLE>Q.</MIDDLE><PREFIX>Dr.</PREFIX>\
    <SUFFIX>Jr., M.D.</SUFFIX></N><FN><VALUE>Dr. John Doe</VALUE></FN><X-FILE-AS><VALUE>Doe, John</VALUE></X-FILE-AS>\
    <ORG><ORGNAME>Example, Inc.</ORGNAME><ORGUNIT>Sales</ORGUNIT><ORGUNIT>West</ORGUNIT></ORG>\
    <TITLE><VALUE>Head</VALUE></TITLE><EMAIL><INTERNET/><HOME/><VALUE>john@example.org</VALUE></EMAIL>\
    <TEL group=\"item1\" X-NOTE=\"a:b\"><CELL/><VALUE>+1 555</VALUE></TEL>\
    <ADR><WORK/><STREET>1 Main St.</STREET><LOCALITY>Town</LOCALITY><PCODE>12345</PCODE><CTRY>Land</CTRY></ADR>\
    <BDAY><VALUE>1970-01-31</VALUE></BDAY><NOTE><VALUE>two\nlines; and more</VALUE></NOTE>\
    <URL><VALUE>http://example.org/a,b;c</VALUE></URL>\
    <CATEGORIES><VALUE>one</VALUE><VALUE>two,three</VALUE></CATEGORIES><GEO><VALUE>1.5</VALUE><VALUE>2.5</VALUE></GEO>\
    <X-UNKNOWN X-P=\"1\"><VALUE>something</VALUE></X-UNKNOWN>\
    <PHOTO><TYPE>image/jpeg</TYPE><BINVAL>AAECAwQ=</BINVAL></PHOTO></vCard>";

fn card(text: &str) -> Card {
    let mut cards = Card::read(text.as_bytes(), None).unwrap();
    assert_eq!(cards.len(), 1);
    cards.remove(0)
}

fn xml(text: &str) -> Element {
    Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap()
}

#[test]
fn a_card_reads_back_as_written_in_text_and_in_xml() {
    assert_eq!(card(MODERN).to_element(&mut Room::default()).unwrap().to_xml(), XML);
    assert_eq!(Card::of_element(&xml(XML)).unwrap(), card(MODERN));
    assert_eq!(card(MODERN).to_text(Style::New), MODERN);
    let again = card(&card(MODERN).to_text(Style::Old));
    assert_eq!(
        again.to_element(&mut Room::default()).unwrap().to_xml(),
        XML.replace(" X-NOTE=\"a:b\"", ""),
        "2.1 cannot quote"
    );
}

#[test]
fn version_2_1_is_read_as_phones_write_it() {
    let old = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:D=C3=B6e;J;;;\r\n\
        TEL;CELL;PREF:1\r\nEMAIL;INTERNET:j@example.org\r\nADR;HOME:;;a\\;b, c;T;;;\r\n\
        NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\r\ntwo\r\nPHOTO;ENCODING=BASE64;JPEG:\r\n AAEC\r\n AwQ=\r\n\r\nEND:VCARD\r\n";
    let expected = "<vCard><N><FAMILY>D\u{f6}e</FAMILY><GIVEN>J</GIVEN></N><TEL><CELL/><PREF/><VALUE>1</VALUE></TEL>\
        <EMAIL><INTERNET/><VALUE>j@example.org</VALUE></EMAIL><ADR><HOME/><STREET>a;b, c</STREET><LOCALITY>T</LOCALITY></ADR>\
        <NOTE><VALUE>one\ntwo</VALUE></NOTE><PHOTO><TYPE>image/jpeg</TYPE><BINVAL>AAECAwQ=</BINVAL></PHOTO></vCard>";
    assert_eq!(card(old).to_element(&mut Room::default()).unwrap().to_xml(), expected);
}

#[test]
fn version_4_0_is_read() {
    let new = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:J\r\nTEL;VALUE=uri;TYPE=\"voice,home\";PREF=1;PID=1.1,2.1:tel:+1-5\r\n\
        PHOTO:data:image/png;base64,AAECAwQ=\r\nLOGO:http://example.org/x,y.png\r\nORG;SORT-AS=\"A^'B\":A\r\nEND:VCARD";
    let expected = "<vCard><FN><VALUE>J</VALUE></FN><TEL VALUE=\"uri\" PREF=\"1\" PID=\"1.1,2.1\"><VOICE/><HOME/>\
        <VALUE>tel:+1-5</VALUE></TEL><PHOTO><TYPE>image/png</TYPE><BINVAL>AAECAwQ=</BINVAL></PHOTO>\
        <LOGO><VALUE>http://example.org/x,y.png</VALUE></LOGO><ORG SORT-AS=\"A&quot;B\"><ORGNAME>A</ORGNAME></ORG></vCard>";
    assert_eq!(card(new).to_element(&mut Room::default()).unwrap().to_xml(), expected);
    assert_eq!(Card::of_element(&xml(expected)).unwrap(), card(new));
}

#[test]
fn a_group_has_members() {
    let text =
        "BEGIN:VGROUP\r\nVERSION:3.0\r\nFN:Friends\r\nMEMBER;CN=\"Doe, J.\":j@example.org\r\nEND:VGROUP\r\n";
    let expected = "<vCardGroup><FN><VALUE>Friends</VALUE></FN><MEMBER CN=\"Doe, J.\"><VALUE>j@example.org</VALUE></MEMBER>\
        </vCardGroup>";
    assert_eq!(card(text).to_element(&mut Room::default()).unwrap().to_xml(), expected);
    assert_eq!(Card::of_element(&xml(expected)).unwrap().to_text(Style::New), text);
}

#[test]
fn several_cards_and_unfinished_ones_are_read_and_others_are_none() {
    let count = |text: &str| Card::read(text.as_bytes(), None).map(|cards| cards.len());
    assert_eq!(count("BEGIN:VCARD\nFN:a\nEND:VCARD\nBEGIN:VCARD\nFN:b\nBEGIN:vcard\nFN:c"), Ok(3));
    assert_eq!(count("BEGIN:VCALENDAR\nEND:VCALENDAR"), Err(Unreadable::NoCard));
    assert_eq!(count(""), Err(Unreadable::NoCard));
}

#[test]
fn what_clients_write_otherwise_is_understood() {
    let loose = "<vCard xmlns=\"vcard-temp\"><version>3.0</version><fn>J</fn><email><home/><USERID>j@x</USERID></email>\
        <org>Example</org><photo><binval>AA\nEC</binval></photo></vCard>";
    let text = Card::of_element(&xml(loose)).unwrap().to_text(Style::New);
    let expected = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:J\r\nEMAIL;TYPE=HOME:j@x\r\nORG:Example\r\nPHOTO;ENCODING=b:AAEC\r\n\
        N:J;;;;\r\nEND:VCARD\r\n";
    assert_eq!(text, expected);
}

#[test]
fn an_element_that_is_no_card_is_refused() {
    let refused = |text: &str| Card::of_element(&xml(text)).unwrap_err().to_string();
    assert!(refused("<card/>").contains("<card>"));
    assert!(refused("<vCard><a.b/></vCard>").contains("A.B"));
    assert!(refused("<vCard><PHOTO><BINVAL>&lt;</BINVAL></PHOTO></vCard>").contains("PHOTO"));
}

#[test]
fn nothing_in_a_text_becomes_another_line() {
    let evil = "<vCard><FN CN=\"a\nEMAIL:x\"><VALUE>a\nEMAIL:y</VALUE></FN><URL><VALUE>http://x\nEMAIL:z</VALUE></URL></vCard>";
    let card = Card::of_element(&xml(evil)).unwrap();
    for style in [Style::New, Style::Old] {
        let text = card.to_text(style);
        assert!(!text.contains("\nEMAIL"), "{text}");
    }
}

#[test]
fn values_are_had_by_name_and_place() {
    let shown = |name, index| card(MODERN).property(name, index);
    assert_eq!(
        shown("photo", 0),
        Some(Shown { content_type: "image/jpeg".to_owned(), bytes: vec![0, 1, 2, 3, 4] })
    );
    assert_eq!(shown("NOTE", 0).unwrap().bytes, b"two\nlines; and more");
    assert_eq!(shown("NOTE", 1), None);
    assert_eq!(shown("ORG", 0).unwrap().bytes, b"Example, Inc.;Sales;West");
}

proptest! {
    /// Whatever clients put into the fields that they know comes back through both versions.
    #[test]
    fn any_text_survives(text in "[ -~\u{e4}\u{20ac}\u{1f600}\n]{0,200}", name in "[A-Z][A-Z0-9-]{0,8}") {
        let text = text.trim();
        prop_assume!(!["VERSION", "BEGIN", "END"].contains(&name.as_str()));
        let escaped = Element::new("VALUE").with_text(text);
        let mut element = xml("<vCard><FN><VALUE>f</VALUE></FN><N><FAMILY>f</FAMILY></N></vCard>");
        for known in ["NOTE", "TITLE", "X-FILE-AS", &format!("X-{name}")] {
            let mut property = Element::new(known);
            property.push(escaped.clone());
            element.push(property);
        }
        let card = Card::of_element(&element).unwrap();
        for style in [Style::New, Style::Old] {
            let again = Card::read(card.to_text(style).as_bytes(), None).unwrap();
            prop_assert_eq!(again.first(), Some(&card));
        }
    }

    /// No bytes panic, and what is made of them can be written and read.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(prop_oneof![
        Just(b"BEGIN:VCARD\n".to_vec()), Just(b"VERSION:2.1\r\n".to_vec()), Just(b"PHOTO;BASE64:AA\n".to_vec()),
        Just(b"N;ENCODING=QUOTED-PRINTABLE:=\n".to_vec()), Just(b"END:VCARD\n".to_vec()), Just(b"A;TYPE=\"a,b\":c;d,\\".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ], 0..20)) {
        for card in Card::read(&bytes.concat(), None).unwrap_or_default() {
            let xml = card.to_element(&mut Room::default()).unwrap().to_xml();
            let element = Element::read(xml.as_bytes(), &Limits::AFTER_LOGIN).unwrap();
            let again = Card::of_element(&element).unwrap();
            for style in [Style::New, Style::Old] {
                prop_assert_eq!(Card::read(again.to_text(style).as_bytes(), None).unwrap().len(), 1);
            }
        }
    }
}
