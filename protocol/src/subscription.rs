//! How is a change to subscriptions written?

use crate::{Attribute, Content, DecodeError, Element, Form, scalar::words};

words! {
    /// What becomes of a subscription.
    pub enum SubscriptionMode {
        /// It is there.
        Add = "add",
        /// It is not.
        Remove = "remove",
        /// It is not: what some clients write.
        None = "none",
    }
    allowed: "add or remove"
    typescript: "\"add\" | \"remove\""
}

/// A change to the subscription to one mailbox: `<mailboxSubscription mailbox="Work" mode="add"/>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionEdit {
    /// The mailbox.
    pub mailbox: String,
    /// What becomes of its subscription; absent: it is there.
    pub mode: Option<SubscriptionMode>,
}

const NAME: &str = "mailboxSubscription";

impl Content for Vec<SubscriptionEdit> {
    const FORM: Form =
        Form::Body { codec: "subscriptions", typescript: "SubscriptionEdit[]", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let edit = |e: &Element| {
            Ok(SubscriptionEdit {
                mailbox: Attribute::read(e, "mailbox")?,
                mode: Attribute::read(e, "mode")?,
            })
        };
        element.elements().filter(|e| e.is(NAME)).map(edit).collect()
    }

    fn write(&self, element: &mut Element) {
        for edit in self {
            let mut child = Element::new(NAME);
            Attribute::write(&edit.mailbox, &mut child, "mailbox");
            Attribute::write(&edit.mode, &mut child, "mode");
            element.push(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn a_change_names_a_mailbox_and_what_becomes_of_it() {
        let text =
            "<x><mailboxSubscription mailbox=\"A\" mode=\"add\"/><mailboxSubscription mailbox=\"B\"/></x>";
        let element = Element::read(text.as_bytes(), &Limits::BEFORE_LOGIN).unwrap();
        let edits = Vec::<SubscriptionEdit>::read(&element).unwrap();
        assert_eq!(edits[0].mode, Some(SubscriptionMode::Add));
        assert_eq!((edits[1].mailbox.as_str(), edits[1].mode), ("B", None));
        let mut written = Element::new("x");
        edits.write(&mut written);
        assert_eq!(written.to_xml(), text);
        let wrong = "<x><mailboxSubscription mailbox=\"A\" mode=\"maybe\"/></x>";
        let element = Element::read(wrong.as_bytes(), &Limits::BEFORE_LOGIN).unwrap();
        let error = Vec::<SubscriptionEdit>::read(&element).unwrap_err().to_string();
        assert!(error.contains("add or remove"), "{error}");
    }
}
