//! What does a server offer before a login?

use crate::{Content, DecodeError, Element, Form};

/// The body of `<features>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features {
    /// Whether `starttls` is possible on this connection.
    pub starttls: bool,
    /// Names of the SASL mechanisms.
    pub sasl: Vec<String>,
    /// The challenge for CRAM-MD5 over the HTTP binding.
    pub nonce: Option<String>,
    /// Codes of the languages that error texts come in.
    pub languages: Vec<String>,
}

impl Content for Features {
    const FORM: Form = Form::Body { codec: "features", typescript: "Features", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let texts = |name: &str| {
            element.elements().filter(|e| e.is(name)).map(|e| e.text().into_owned()).collect::<Vec<_>>()
        };
        Ok(Self {
            starttls: element.child("starttls").is_some(),
            sasl: texts("sasl"),
            nonce: element.child("nonce").map(|e| e.text().into_owned()),
            languages: texts("language"),
        })
    }

    fn write(&self, element: &mut Element) {
        if self.starttls {
            element.push(Element::new("starttls"));
        }
        for name in &self.sasl {
            element.push(Element::new("sasl").with_text(name));
        }
        if let Some(nonce) = &self.nonce {
            element.push(Element::new("nonce").with_text(nonce));
        }
        for language in &self.languages {
            element.push(Element::new("language").with_text(language));
        }
    }
}
