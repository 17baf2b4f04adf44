//! How is a body of plain text written?

use crate::{Content, DecodeError, Element, Form};

impl Content for String {
    const FORM: Form = Form::Body { codec: "text", typescript: "string", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        Ok(element.text().into_owned())
    }

    fn write(&self, element: &mut Element) {
        element.push_text(self);
    }
}
