//! Tests of reading and writing XML.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Element, XmlError> {
    Element::read(text.as_bytes(), &Limits::BEFORE_LOGIN)
}

#[test]
fn a_document_with_declaration_mark_and_white_space_is_read() {
    let text = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n <a b='1'>x<c/>y</a>\n";
    let mut expected = Element::new("a").with("b", "1").with_text("x");
    expected.push(Element::new("c")).push_text("y");
    assert_eq!(read(text), Ok(expected));
}

#[test]
fn references_and_cdata_become_one_text() {
    let element = read("<a>1 &lt; 2 &amp;&#x41;&#66;<![CDATA[<&>]]></a>").unwrap();
    assert_eq!(element.children(), [Node::Text("1 < 2 &AB<&>".to_owned())]);
}

#[test]
fn comments_inside_the_root_are_skipped() {
    assert_eq!(read("<a>x<!-- no -->y</a>").unwrap().text(), "xy");
}

#[test]
fn white_space_in_text_is_kept_and_in_attributes_made_blank() {
    let element = read("<a b=' 1\t2&#10;3\r\n'> \t x \r\n</a>").unwrap();
    assert_eq!(element.attribute("b"), Some(" 1 2\n3 "));
    assert_eq!(element.text(), " \t x \n");
}

#[test]
fn names_match_in_any_case_and_the_exact_one_wins() {
    let element = read("<folderopen uid='1' UID='2' Mailbox='m'/>").unwrap();
    assert!(element.is("folderOpen"));
    assert_eq!(element.attribute("UID"), Some("2"));
    assert_eq!(element.attribute("uID"), Some("1"));
    assert_eq!(element.attribute("mailbox"), Some("m"));
}

#[test]
fn declared_prefixes_are_accepted_in_their_scope_only() {
    assert!(read("<a xmlns:x='u'><x:b x:c='1'/></a>").is_ok());
    assert!(read("<a xmlns:x='u' x:c='1'/>").is_ok());
    assert_eq!(read("<a><b xmlns:x='u'/><x:c/></a>"), Err(XmlError::Prefix("x".to_owned())));
    assert_eq!(read("<x:auth/>"), Err(XmlError::Prefix("x".to_owned())));
}

#[test]
fn what_only_a_lenient_reader_takes_is_refused() {
    for text in [
        "<a><?xml version='1.0'?></a>",
        "<a/><?xml version='1.0'?>",
        "<?xml?><a/>",
        "<a b=\"1\"c=\"2\"/>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a><!-- x ---></a>",
        "<![CDATA[ ]]><a/>",
        "<a/><![CDATA[ ]]>",
        "<a\u{b2}/>",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn few_prefixes_are_declared_at_a_time() {
    let declare = |count: usize| (0..count).map(|n| format!(" xmlns:p{n}='u'")).collect::<String>();
    assert!(read(&format!("<a{}/>", declare(16))).is_ok());
    let limit = 16;
    assert_eq!(read(&format!("<a{}/>", declare(17))), Err(XmlError::TooManyPrefixes { limit }));
    assert_eq!(
        read(&format!("<a{}><b xmlns:q='u'/></a>", declare(16))),
        Err(XmlError::TooManyPrefixes { limit })
    );
    // Those that are out of scope do not count.
    let siblings = format!("<b{}/>", declare(16)).repeat(9);
    assert!(read(&format!("<a>{siblings}</a>")).is_ok());
}

#[test]
fn a_log_is_told_nothing_that_was_sent() {
    for text in
        ["<a b='&secret;'/>", "<secret:a/>", "<a secret='1' secret='2'/>", "<a></secret>", "<1secret/>"]
    {
        let error = read(text).unwrap_err();
        assert!(!error.for_log().contains("secret"), "{error}: {}", error.for_log());
    }
}

#[test]
fn what_attackers_send_is_refused_with_its_reason() {
    let doctype = "<!DOCTYPE l [<!ENTITY a \"lol\">]><auth>&a;</auth>";
    let cases: [(&str, XmlError); 17] = [
        (doctype, XmlError::Doctype),
        ("<?php x ?><auth/>", XmlError::ProcessingInstruction),
        ("<auth><?php x ?></auth>", XmlError::ProcessingInstruction),
        ("<!-- c --><auth/>", XmlError::Comment),
        ("<auth/><!-- c -->", XmlError::Comment),
        ("<auth>&a;</auth>", XmlError::Entity("a".to_owned())),
        ("<auth x='&a;'/>", XmlError::Entity("a".to_owned())),
        ("<auth x='&a'/>", XmlError::Entity("a".to_owned())),
        ("<auth>&#x0;</auth>", XmlError::Entity("#x0".to_owned())),
        ("<auth>&#x1;</auth>", XmlError::Character(1)),
        ("<auth>\u{1}</auth>", XmlError::Character(1)),
        ("<auth>&#xFFFE;</auth>", XmlError::Character(0xfffe)),
        ("<auth a='1' a='2'/>", XmlError::DuplicateAttribute("a".to_owned())),
        ("<auth/><auth/>", XmlError::OutsideRoot),
        ("<auth/>x", XmlError::OutsideRoot),
        ("<auth>", XmlError::Incomplete),
        ("", XmlError::Incomplete),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), Err(expected), "{text}");
    }
    for text in [
        "<auth></b>",
        "<1/>",
        "<a 1='x'/>",
        "<a b/>",
        "<a b=c/>",
        "</a>",
        "<a b='<'/>",
        "plain",
        "<>",
        "& <a/>",
        "<auth",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    assert_eq!(
        read("<?xml version='1.0' encoding='latin1'?><a/>"),
        Err(XmlError::Encoding("latin1".to_owned()))
    );
    assert_eq!(Element::read(b"<a>\xff</a>", &Limits::BEFORE_LOGIN), Err(XmlError::NotUtf8 { position: 3 }));
}

#[test]
fn limits_hold_exactly() {
    let limits = Limits { bytes: 40, nodes: 4, depth: 3, attributes: 2 };
    let read = |text: &str| Element::read(text.as_bytes(), &limits);
    assert!(read("<a><b><c/></b></a>").is_ok());
    assert_eq!(read("<a><b><c><d/></c></b></a>"), Err(XmlError::TooDeep { limit: 3 }));
    assert!(read("<a x='' y=''/>").is_ok());
    assert_eq!(read("<a x='' y='' z=''/>"), Err(XmlError::TooManyAttributes { limit: 2 }));
    assert!(read("<a><b/><b/>t</a>").is_ok());
    assert_eq!(read("<a><b/><b/>t<b/></a>"), Err(XmlError::TooManyNodes { limit: 4 }));
    assert!(read(&format!("<a>{}</a>", "x".repeat(33))).is_ok());
    assert_eq!(read(&format!("<a>{}</a>", "x".repeat(34))), Err(XmlError::TooLong { limit: 40 }));
}

#[test]
fn output_has_no_blank_before_the_slash_and_escapes_what_a_reader_would_change() {
    let element = Element::new("a").with("b", "<&>\"'\n\t\r").with_text("<&>\"'\n\t\r\u{1}");
    assert_eq!(
        element.to_xml(),
        "<a b=\"&lt;&amp;&gt;&quot;'&#10;&#9;&#13;\">&lt;&amp;&gt;&quot;'\n\t&#13;\u{fffd}</a>"
    );
    assert_eq!(Element::new("response").with("id", "5").to_xml(), "<response id=\"5\"/>");
    assert_eq!(Element::new("XIMSS").with_text("").to_xml(), "<XIMSS/>");
}

fn any_element() -> impl Strategy<Value = Element> {
    let text = "[ -~\u{e9}\u{4e2d}\n\r\t]{1,12}";
    let leaf = ("[a-zA-Z_][a-zA-Z0-9_.-]{0,8}", proptest::collection::btree_map("[a-z]{1,5}", text, 0..4))
        .prop_map(|(name, attributes)| Element {
            name,
            attributes: attributes.into_iter().collect(),
            children: Vec::new(),
        });
    leaf.prop_recursive(4, 32, 5, move |inner| {
        (inner.clone(), proptest::collection::vec((inner, text), 0..4)).prop_map(|(mut element, children)| {
            for (child, text) in children {
                element.push(child).push_text(text);
            }
            element
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(element in any_element()) {
        prop_assert_eq!(Element::read(element.to_xml().as_bytes(), &Limits::AFTER_LOGIN), Ok(element));
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "(<|>|/|a|b|&|;|'|\"|=|!|\\[|\\]|-|\\?| |\u{e9}|amp|#x1|CDATA){0,40}") {
        let _ = read(&text);
    }
}
