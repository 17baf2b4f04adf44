//! How are files, and who may use them, written?

use std::borrow::Cow;

use crate::{Attribute, Content, DecodeError, Element, Form, Scalar, SubscriptionMode, scalar::words};

words! {
    /// How the content of a file is written in a message.
    pub enum FileType {
        /// As base64.
        Binary = "binary",
        /// As vCards in XML.
        Vcard = "vcard",
    }
    allowed: "binary or vcard, or absent for text"
    typescript: "\"binary\" | \"vcard\""
}

words! {
    /// What has a name, if it is no file.
    pub enum FileKind {
        /// A directory.
        Directory = "directory",
    }
    allowed: "directory"
    typescript: "\"directory\""
}

/// Where in a file something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePosition {
    /// At its end.
    Append,
    /// From this byte on.
    At(u64),
}

impl Scalar for FilePosition {
    const TYPESCRIPT: &'static str = "number | \"append\"";
    const ALLOWED: &'static str = "a number, 0 or more, or append";

    fn from_wire(text: &str) -> Option<Self> {
        if text.trim().eq_ignore_ascii_case("append") {
            return Some(Self::Append);
        }
        u64::from_wire(text).map(Self::At)
    }

    fn to_wire(&self) -> Cow<'_, str> {
        match self {
            Self::Append => Cow::Borrowed("append"),
            Self::At(position) => Cow::Owned(position.to_string()),
        }
    }
}

/// What is in a file, as a message carries it.
#[derive(Debug, Clone, PartialEq)]
pub enum FileContent {
    /// Text.
    Text(String),
    /// Anything, in base64.
    Binary(String),
    /// vCards: `<vCard>` and `<vCardGroup>` elements.
    Cards(Vec<Element>),
}

const CARDS: [&str; 2] = ["vCard", "vCardGroup"];

impl Content for FileContent {
    const FORM: Form = Form::Body { codec: "fileContent", typescript: "FileContent", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let mut elements = element.elements().peekable();
        let Some(first) = elements.peek() else { return Ok(Self::Text(element.text().into_owned())) };
        if first.is("base64") {
            return Ok(Self::Binary(first.text().into_owned()));
        }
        let card = |child: &Element| {
            if CARDS.iter().any(|name| child.is(name)) {
                return Ok(child.clone());
            }
            Err(DecodeError::element("fileWrite", child.name(), "text, <base64> or <vCard>"))
        };
        elements.map(card).collect::<Result<_, _>>().map(Self::Cards)
    }

    fn write(&self, element: &mut Element) {
        match self {
            Self::Text(text) => _ = element.push_text(text),
            Self::Binary(base64) => _ = element.push(Element::new("base64").with_text(base64)),
            Self::Cards(cards) => cards.iter().for_each(|card| _ = element.push(card.clone())),
        }
    }
}

/// What somebody may do with a file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAclEntry {
    /// Who: an account by its address, in a request of the user's own domain by its name, or `anyone` of the owner's domain.
    pub who: String,
    /// What: letters, of which `l` lets see it and what is in it, `r` read, `w` write, rename and remove, and `a` see and
    /// change its attributes.
    pub rights: String,
}

/// Who may do what with a file: `<ACL><subKey key="bob">lr</subKey></ACL>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileAcl(pub Vec<FileAclEntry>);

impl Content for Option<FileAcl> {
    const FORM: Form = Form::Body { codec: "fileAcl", typescript: "FileAclEntry[]", optional: true };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let Some(acl) = element.child("ACL") else { return Ok(None) };
        let entry = |e: &Element| {
            Ok(FileAclEntry { who: Attribute::read(e, "key")?, rights: e.text().trim().to_owned() })
        };
        let entries = acl.elements().filter(|e| e.is("subKey")).map(entry);
        entries.collect::<Result<_, _>>().map(|entries| Some(FileAcl(entries)))
    }

    fn write(&self, element: &mut Element) {
        let Some(FileAcl(entries)) = self else { return };
        let mut acl = Element::new("ACL");
        for entry in entries {
            let mut key = Element::new("subKey");
            key.set("key", &entry.who).push_text(&entry.rights);
            acl.push(key);
        }
        element.push(acl);
    }
}

/// Access passwords of a file: `<accessPwd><key>secret</key></accessPwd>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilePasswords(pub Vec<String>);

impl Content for Option<FilePasswords> {
    const FORM: Form = Form::Body { codec: "filePasswords", typescript: "string[]", optional: true };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let Some(passwords) = element.child("accessPwd") else { return Ok(None) };
        let keys = passwords.elements().filter(|e| e.is("key"));
        Ok(Some(FilePasswords(keys.map(|key| key.text().into_owned()).collect())))
    }

    fn write(&self, element: &mut Element) {
        let Some(FilePasswords(keys)) = self else { return };
        let mut passwords = Element::new("accessPwd");
        for key in keys {
            passwords.push(Element::new("key").with_text(key));
        }
        element.push(passwords);
    }
}

/// A change to the subscription to one file: `<fileSubscription fileName="docs/" mode="add"/>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSubscriptionEdit {
    /// The file or directory.
    pub file_name: String,
    /// What becomes of its subscription; absent: it is there.
    pub mode: Option<SubscriptionMode>,
}

const SUBSCRIPTION: &str = "fileSubscription";

impl Content for Vec<FileSubscriptionEdit> {
    const FORM: Form =
        Form::Body { codec: "fileSubscriptions", typescript: "FileSubscriptionEdit[]", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let edit = |e: &Element| {
            Ok(FileSubscriptionEdit {
                file_name: Attribute::read(e, "fileName")?,
                mode: Attribute::read(e, "mode")?,
            })
        };
        element.elements().filter(|e| e.is(SUBSCRIPTION)).map(edit).collect()
    }

    fn write(&self, element: &mut Element) {
        for edit in self {
            let mut child = Element::new(SUBSCRIPTION);
            Attribute::write(&edit.file_name, &mut child, "fileName");
            Attribute::write(&edit.mode, &mut child, "mode");
            element.push(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn element(text: &str) -> Element {
        Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap()
    }

    #[test]
    fn content_is_text_base64_or_cards_and_nothing_else() {
        let read = |text: &str| FileContent::read(&element(text));
        assert_eq!(read("<x/>"), Ok(FileContent::Text(String::new())));
        assert_eq!(read("<x> a &amp; b&#13;\n </x>"), Ok(FileContent::Text(" a & b\r\n ".to_owned())));
        assert_eq!(read("<x><base64>AA==</base64></x>"), Ok(FileContent::Binary("AA==".to_owned())));
        let cards = FileContent::Cards(vec![element("<vCard><FN/></vCard>"), element("<vCardGroup/>")]);
        assert_eq!(read("<x><vCard><FN/></vCard><vCardGroup/></x>"), Ok(cards));
        // What would be lost is refused.
        for wrong in ["<x>a<b>c</b></x>", "<x><vCard/><b/></x>"] {
            assert!(read(wrong).unwrap_err().to_string().contains("text, <base64> or <vCard>"), "{wrong}");
        }
    }

    #[test]
    fn attributes_that_are_absent_are_told_from_those_that_are_empty() {
        let acl = |text: &str| Option::<FileAcl>::read(&element(text)).unwrap();
        assert_eq!(acl("<x/>"), None);
        assert_eq!(acl("<x><ACL/></x>"), Some(FileAcl::default()));
        assert!(Option::<FileAcl>::read(&element("<x><ACL><subKey>lr</subKey></ACL></x>")).is_err());
        let passwords = |text: &str| Option::<FilePasswords>::read(&element(text)).unwrap();
        assert_eq!(passwords("<x/>"), None);
        assert_eq!(passwords("<x><accessPwd/></x>"), Some(FilePasswords::default()));
    }

    #[test]
    fn a_position_is_a_number_or_the_end() {
        assert_eq!(FilePosition::from_wire("Append"), Some(FilePosition::Append));
        assert_eq!(FilePosition::from_wire(" 7 "), Some(FilePosition::At(7)));
        for wrong in ["", "-1", "end", "1.5"] {
            assert_eq!(FilePosition::from_wire(wrong), None, "{wrong}");
        }
    }
}
