//! How is a message presented as XML? Headers first, in message order, then one tree of MIME parts.

use crate::{Content, DecodeError, Element, Form, Node, Scalar, Time, is_name};

/// `<EMail>`: a message, or one nested in another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Email {
    /// The part it is, if it is nested; two-digit groups joined by hyphens.
    pub part_id: Option<String>,
    /// Its header fields in message order.
    pub headers: Vec<Header>,
    /// Its body.
    pub mime: Option<Box<Mime>>,
}

/// A header field of an [`Email`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Header {
    /// One address of an address field; a field with three addresses yields three of these.
    Address {
        /// The field's name, an XML name.
        name: String,
        /// The name beside the address.
        real_name: Option<String>,
        /// `local@domain`.
        address: String,
    },
    /// A date field.
    Date {
        /// The field's name, an XML name.
        name: String,
        /// The instant.
        time: Time,
        /// The instant on the user's clock, `YYYYMMDDTHHMMSS`.
        local_time: String,
        /// How far the sender's clock was ahead of UTC, in seconds.
        time_shift: i32,
    },
    /// Any other field, MIME-decoded.
    Text {
        /// The field's name, an XML name.
        name: String,
        /// The decoded value.
        value: String,
    },
}

/// `<MIME>`: a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mime {
    /// The media type, such as `text`.
    pub media_type: String,
    /// The media subtype, such as `plain`.
    pub subtype: String,
    /// The character set named by the part; texts in XML are decoded already.
    pub charset: Option<String>,
    /// Size of the decoded part in bytes, roughly.
    pub estimated_size: u64,
    /// Its id for URLs; two-digit groups joined by hyphens. The whole body of a simple message has none.
    pub part_id: Option<String>,
    /// `Content-ID` without the angle brackets.
    pub content_id: Option<String>,
    /// `Content-Disposition` without its parameters.
    pub disposition: Option<String>,
    /// `Content-Description`, decoded.
    pub description: Option<String>,
    /// `Content-Location`.
    pub location: Option<String>,
    /// `Content-Class`.
    pub class: Option<String>,
    /// Where its content is to be taken from, if a client composes it and does not send the content along.
    pub source: Option<MimeSource>,
    /// Other parameters of `Content-Type`, written as `Type-NAME`.
    pub parameters: Vec<(String, String)>,
    /// Parameters of `Content-Disposition`, written as `Disposition-NAME`.
    pub disposition_parameters: Vec<(String, String)>,
    /// Why the part could not be read from storage.
    pub read_error: Option<String>,
    /// Why the part could not be parsed.
    pub parse_error: Option<String>,
    /// What is in it.
    pub body: MimeBody,
}

/// Where a part that a client composes has its content from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MimeSource {
    /// A file of the session's upload set: `uploadID`.
    Upload(String),
    /// A file of the file storage: `fileName`.
    File(String),
    /// A message of an open folder, or the part of it that `partID` names: `folder` and `UID`.
    Message {
        /// The folder.
        folder: String,
        /// The message.
        uid: u32,
    },
}

/// The content of a [`Mime`] part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MimeBody {
    /// Not in the message: too large, or to be fetched by URL.
    #[default]
    Omitted,
    /// Decoded text.
    Text(String),
    /// The parts of a multipart.
    Parts(Vec<Mime>),
    /// A nested message.
    Email(Box<Email>),
    /// A presentation of its own, such as `<vCard>`.
    Xml(Element),
}

impl Content for Email {
    const FORM: Form = Form::Body { codec: "email", typescript: "Email", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        element.child("EMail").map(Self::from_element).ok_or(DecodeError::MissingElement("EMail"))?
    }

    fn write(&self, element: &mut Element) {
        element.push(self.to_element());
    }
}

impl Content for Option<Email> {
    const FORM: Form = Form::Body { codec: "optionalEmail", typescript: "Email", optional: true };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        element.child("EMail").map(Email::from_element).transpose()
    }

    fn write(&self, element: &mut Element) {
        if let Some(email) = self {
            email.write(element);
        }
    }
}

impl Email {
    fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let mut email = Self { part_id: element.attribute("partID").map(str::to_owned), ..Self::default() };
        for child in element.elements() {
            if child.is("MIME") {
                email.mime = Some(Box::new(Mime::from_element(child)?));
            } else {
                email.headers.push(Header::from_element(child)?);
            }
        }
        Ok(email)
    }

    fn to_element(&self) -> Element {
        let mut element = Element::new("EMail");
        set(&mut element, "partID", self.part_id.as_deref());
        for header in &self.headers {
            element.push(header.to_element());
        }
        if let Some(mime) = &self.mime {
            element.push(mime.to_element());
        }
        element
    }
}

/// Header fields whose value is a list of addresses (RFC 5322 §3.6.2, §3.6.3, §3.6.6 and relatives).
pub const ADDRESS_FIELDS: &[&str] = &[
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Return-Path",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Bcc",
    "Disposition-Notification-To",
];

/// Whether the header field of this name is a list of addresses.
#[must_use]
pub fn is_address_field(name: &str) -> bool {
    ADDRESS_FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}

impl Header {
    fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let name = element.name().to_owned();
        let text = element.text().into_owned();
        if let Some(local_time) = element.attribute("localTime") {
            let time =
                Time::from_wire(&text).ok_or_else(|| DecodeError::element("Date", &text, Time::ALLOWED))?;
            let shift = element.attribute("timeShift").and_then(|s| s.parse().ok()).unwrap_or(0);
            return Ok(Self::Date { name, time, local_time: local_time.to_owned(), time_shift: shift });
        }
        if is_address_field(&name) {
            let real_name = element.attribute("realName").map(str::to_owned);
            return Ok(Self::Address { name, real_name, address: text });
        }
        Ok(Self::Text { name, value: text })
    }

    fn to_element(&self) -> Element {
        match self {
            Self::Address { name, real_name, address } => {
                let mut element = Element::new(name);
                set(&mut element, "realName", real_name.as_deref());
                element.with_text(address)
            }
            Self::Date { name, time, local_time, time_shift } => Element::new(name)
                .with("localTime", local_time)
                .with("timeShift", time_shift.to_string())
                .with_text(time.to_wire()),
            Self::Text { name, value } => Element::new(name).with_text(value),
        }
    }
}

impl Mime {
    fn from_element(element: &Element) -> Result<Self, DecodeError> {
        let attribute = |name| element.attribute(name).map(str::to_owned);
        let parameters = |prefix: &str| {
            let parameter = |(name, value): (&str, &str)| {
                let (head, tail) = name.split_at_checked(prefix.len())?;
                head.eq_ignore_ascii_case(prefix).then(|| (tail.to_owned(), value.to_owned()))
            };
            element.attributes().filter_map(parameter).collect()
        };
        let media_type = attribute("type").unwrap_or_default();
        let parts: Vec<_> = element.elements().filter(|e| e.is("MIME")).map(Self::from_element).collect();
        let body = if media_type.eq_ignore_ascii_case("multipart") {
            MimeBody::Parts(parts.into_iter().collect::<Result<_, _>>()?)
        } else if let Some(email) = element.child("EMail") {
            MimeBody::Email(Box::new(Email::from_element(email)?))
        } else if let Some(child) = element.elements().next() {
            MimeBody::Xml(child.clone())
        } else if element.children().iter().any(|child| matches!(child, Node::Text(_))) {
            MimeBody::Text(element.text().into_owned())
        } else {
            MimeBody::Omitted
        };
        Ok(Self {
            media_type,
            subtype: attribute("subtype").unwrap_or_default(),
            charset: attribute("charset"),
            estimated_size: attribute("estimatedSize").and_then(|s| s.parse().ok()).unwrap_or(0),
            part_id: attribute("partID"),
            content_id: attribute("contentID"),
            disposition: attribute("disposition"),
            description: attribute("description"),
            location: attribute("location"),
            class: attribute("class"),
            source: MimeSource::from_element(element)?,
            parameters: parameters("Type-"),
            disposition_parameters: parameters("Disposition-"),
            read_error: attribute("readError"),
            parse_error: attribute("parseError"),
            body,
        })
    }

    fn to_element(&self) -> Element {
        let mut element = Element::new("MIME");
        element.set("type", &self.media_type).set("subtype", &self.subtype);
        set(&mut element, "charset", self.charset.as_deref());
        element.set("estimatedSize", self.estimated_size.to_string());
        let named = [
            ("partID", &self.part_id),
            ("contentID", &self.content_id),
            ("disposition", &self.disposition),
            ("description", &self.description),
            ("location", &self.location),
            ("class", &self.class),
            ("readError", &self.read_error),
            ("parseError", &self.parse_error),
        ];
        for (name, value) in named {
            set(&mut element, name, value.as_deref());
        }
        if let Some(source) = &self.source {
            source.write(&mut element);
        }
        for (prefix, parameters) in
            [("Type-", &self.parameters), ("Disposition-", &self.disposition_parameters)]
        {
            for (name, value) in parameters.iter().filter(|(name, _)| is_name(name)) {
                let name = format!("{prefix}{name}");
                if element.attribute(&name).is_none() {
                    element.set(name, value);
                }
            }
        }
        self.write_body(&mut element);
        element
    }

    fn write_body(&self, element: &mut Element) {
        match &self.body {
            MimeBody::Omitted => {}
            MimeBody::Text(text) => {
                element.push_text(text);
            }
            MimeBody::Parts(parts) => {
                for part in parts {
                    element.push(part.to_element());
                }
            }
            MimeBody::Email(email) => {
                element.push(email.to_element());
            }
            MimeBody::Xml(child) => {
                element.push(child.clone());
            }
        }
    }
}

impl MimeSource {
    fn from_element(element: &Element) -> Result<Option<Self>, DecodeError> {
        let attribute = |name| element.attribute(name).filter(|value| !value.is_empty()).map(str::to_owned);
        if let Some(id) = attribute("uploadID") {
            return Ok(Some(Self::Upload(id)));
        }
        if let Some(name) = attribute("fileName") {
            return Ok(Some(Self::File(name)));
        }
        let Some(folder) = attribute("folder") else { return Ok(None) };
        Ok(Some(Self::Message { folder, uid: crate::Attribute::read(element, "UID")? }))
    }

    fn write(&self, element: &mut Element) {
        match self {
            Self::Upload(id) => element.set("uploadID", id),
            Self::File(name) => element.set("fileName", name),
            Self::Message { folder, uid } => element.set("folder", folder).set("UID", uid.to_string()),
        };
    }
}

fn set(element: &mut Element, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        element.set(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn part(media_type: &str, subtype: &str, id: &str, body: MimeBody) -> Mime {
        Mime {
            media_type: media_type.to_owned(),
            subtype: subtype.to_owned(),
            part_id: Some(id.to_owned()),
            body,
            ..Mime::default()
        }
    }

    #[test]
    fn a_nested_message_reads_back_as_written() {
        let inner = Email {
            part_id: Some("02".to_owned()),
            headers: vec![Header::Text { name: "Subject".to_owned(), value: "in & out".to_owned() }],
            mime: Some(Box::new(part("text", "plain", "02-01", MimeBody::Text("hello\n".to_owned())))),
        };
        let mut image = part("image", "png", "03", MimeBody::Omitted);
        image.disposition = Some("attachment".to_owned());
        image.class = Some("photo".to_owned());
        image.source = Some(MimeSource::Upload("u".to_owned()));
        image.disposition_parameters = vec![("filename".to_owned(), "a \"b\".png".to_owned())];
        let parts = vec![
            part("text", "html", "01", MimeBody::Text("<b>x</b>".to_owned())),
            part("message", "rfc822", "02", MimeBody::Email(Box::new(inner))),
            image,
        ];
        let address = |real_name: Option<&str>, address: &str| Header::Address {
            name: "To".to_owned(),
            real_name: real_name.map(str::to_owned),
            address: address.to_owned(),
        };
        let date = Header::Date {
            name: "Date".to_owned(),
            time: Time(1_709_208_000_000),
            local_time: "20240229T130000".to_owned(),
            time_shift: -3_600,
        };
        let email = Email {
            part_id: None,
            headers: vec![address(Some("A"), "a@x"), address(None, "b@x"), date],
            mime: Some(Box::new(Mime {
                media_type: "multipart".to_owned(),
                subtype: "mixed".to_owned(),
                body: MimeBody::Parts(parts),
                ..Mime::default()
            })),
        };
        let mut element = Element::new("folderMessage");
        email.write(&mut element);
        let read = Element::read(element.to_xml().as_bytes(), &Limits::AFTER_LOGIN).unwrap();
        assert_eq!(Email::read(&read), Ok(email));
    }

    #[test]
    fn a_part_says_where_its_content_is_from() {
        let read = |text: &str| {
            let text = format!("<EMail><MIME type='attachment' {text}/></EMail>");
            let email = Email::from_element(&Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap());
            email.map(|email| email.mime.unwrap().source)
        };
        let message = MimeSource::Message { folder: "F".to_owned(), uid: 7 };
        assert_eq!(read("uploadID='u 1'"), Ok(Some(MimeSource::Upload("u 1".to_owned()))));
        assert_eq!(read("fileName='a/b'"), Ok(Some(MimeSource::File("a/b".to_owned()))));
        assert_eq!(read("folder='F' uid='7' partID='01'"), Ok(Some(message)));
        assert_eq!(read("folder='F'"), Err(DecodeError::MissingAttribute("UID")));
        assert_eq!(read("partID='01'"), Ok(None));
    }

    #[test]
    fn parameters_that_are_no_xml_names_are_left_out() {
        let mut mime = part("text", "plain", "01", MimeBody::Omitted);
        mime.parameters =
            vec![("x y".to_owned(), "1".to_owned()), ("format".to_owned(), "flowed".to_owned())];
        assert_eq!(
            mime.to_element().to_xml(),
            "<MIME type=\"text\" subtype=\"plain\" estimatedSize=\"0\" partID=\"01\" Type-format=\"flowed\"/>"
        );
    }
}
