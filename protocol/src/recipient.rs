//! To whom does a message go? `<To>` elements, one for each.

use crate::{Content, DecodeError, Element, Form};

/// Somebody to whom a message is sent on: `<To realName="Bob">bob@example.org</To>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The name beside the address.
    pub real_name: Option<String>,
    /// `local@domain`.
    pub address: String,
}

impl Content for Vec<Recipient> {
    const FORM: Form = Form::Body { codec: "recipients", typescript: "Recipient[]", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let recipient = |e: &Element| Recipient {
            real_name: e.attribute("realName").map(str::to_owned),
            address: e.text().trim().to_owned(),
        };
        let recipients: Self = element.elements().filter(|e| e.is("To")).map(recipient).collect();
        if recipients.is_empty() { Err(DecodeError::MissingElement("To")) } else { Ok(recipients) }
    }

    fn write(&self, element: &mut Element) {
        for Recipient { real_name, address } in self {
            let mut child = Element::new("To");
            if let Some(name) = real_name {
                child.set("realName", name);
            }
            element.push(child.with_text(address));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn a_request_without_recipients_is_told_what_it_misses() {
        let element = Element::read(b"<a><UID>1</UID><Cc>x@y</Cc></a>", &Limits::AFTER_LOGIN).unwrap();
        assert_eq!(Vec::<Recipient>::read(&element), Err(DecodeError::MissingElement("To")));
    }
}
