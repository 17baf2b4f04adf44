//! Which field of a message does a folder show, sort or filter by, and what does a viewer see of it?

use std::borrow::Cow;

use crate::{Content, DecodeError, Element, Form, Scalar, is_name};

/// The name of a field as the client spelt it: a header field, or one of the metadata fields `UID`, `ORIGUID`,
/// `SIZE`, `INTERNALDATE`, `FLAGS`, `Pty`, or `E-` and an address header. It comes back as the name of an
/// element, so it is an XML name; header field names that are none cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field(String);

impl Field {
    /// The field of this name, if the name can be an element's.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        (name.len() <= 128 && name.is_ascii() && is_name(name)).then(|| Self(name.to_owned()))
    }

    /// The name as the client spelt it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether this is the field of that name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }
}

impl Scalar for Field {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "the name of a header field, of letters, digits and hyphens";

    fn from_wire(text: &str) -> Option<Self> {
        Self::new(text.trim())
    }

    fn to_wire(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
}

/// `<field>NAME</field>` elements, in order.
impl Content for Vec<Field> {
    const FORM: Form = Form::Body { codec: "fields", typescript: "string[]", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let field = |e: &Element| {
            let text = e.text();
            Field::from_wire(&text).ok_or_else(|| DecodeError::element("field", &text, Field::ALLOWED))
        };
        element.elements().filter(|e| e.is("field")).map(field).collect()
    }

    fn write(&self, element: &mut Element) {
        for field in self {
            element.push(Element::new("field").with_text(field.name()));
        }
    }
}

/// The value of a viewer field of one message: an element named as the field was asked for. An address field
/// with the `E-` prefix yields one for each address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerField {
    /// The field, spelt as the client asked.
    pub field: Field,
    /// The value; empty if the message has no such header.
    pub text: String,
    /// For `E-` fields: the real name beside the address.
    pub real_name: Option<String>,
    /// For dates: the same instant in the user's time zone, `YYYYMMDDTHHMMSS`.
    pub local_time: Option<String>,
}

impl ViewerField {
    /// A value without attributes.
    #[must_use]
    pub const fn text(field: Field, text: String) -> Self {
        Self { field, text, real_name: None, local_time: None }
    }
}

impl Content for Vec<ViewerField> {
    const FORM: Form = Form::Body { codec: "viewerFields", typescript: "ViewerField[]", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let value = |e: &Element| {
            let field = Field::new(e.name());
            Ok(ViewerField {
                field: field.ok_or_else(|| DecodeError::element("field", e.name(), Field::ALLOWED))?,
                text: e.text().into_owned(),
                real_name: e.attribute("realName").map(str::to_owned),
                local_time: e.attribute("localTime").map(str::to_owned),
            })
        };
        element.elements().map(value).collect()
    }

    fn write(&self, element: &mut Element) {
        for value in self {
            let mut child = Element::new(value.field.name());
            if let Some(name) = &value.real_name {
                child.set("realName", name);
            }
            if let Some(time) = &value.local_time {
                child.set("localTime", time);
            }
            child.push_text(&value.text);
            element.push(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_an_xml_name_and_keeps_its_spelling() {
        assert_eq!(Field::from_wire(" X-Mailer ").unwrap().name(), "X-Mailer");
        for wrong in ["", "a b", "a>", "a:b", "1a", "é", &"x".repeat(129)] {
            assert_eq!(Field::from_wire(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn viewer_fields_read_back_as_written() {
        let field = |name: &str| Field::new(name).unwrap();
        let values = vec![
            ViewerField::text(field("FLAGS"), "Seen,Media".to_owned()),
            ViewerField {
                field: field("E-From"),
                text: "a@b".to_owned(),
                real_name: Some("A & B".to_owned()),
                local_time: None,
            },
            ViewerField {
                field: field("Date"),
                text: "20240229T120000Z".to_owned(),
                real_name: None,
                local_time: Some("20240229T150000".to_owned()),
            },
            ViewerField::text(field("Subject"), String::new()),
        ];
        let mut element = Element::new("folderReport");
        values.write(&mut element);
        assert_eq!(
            element.to_xml(),
            "<folderReport><FLAGS>Seen,Media</FLAGS><E-From realName=\"A &amp; B\">a@b</E-From>\
             <Date localTime=\"20240229T150000\">20240229T120000Z</Date><Subject/></folderReport>"
        );
        assert_eq!(Vec::<ViewerField>::read(&element), Ok(values));
    }
}
