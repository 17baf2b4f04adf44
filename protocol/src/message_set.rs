//! Which messages of a folder does a request speak of?

use crate::{Content, DecodeError, Element, Form, Scalar};

/// A message set: `<UID>` or `<index>` elements, each one message or a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageSet {
    /// By unique id: `<UID>12</UID>`, `<UID from="12" till="20"/>`.
    Uids(Vec<Range>),
    /// By position in the logical view, counted from 0: `<index>0</index>`, `<index from="0" till="9"/>`.
    Indexes(Vec<Range>),
}

/// The numbers from `from` to `till`, both included; none if `till` is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first number.
    pub from: u32,
    /// The last number.
    pub till: u32,
}

impl Range {
    /// Whether the number lies in the range.
    #[must_use]
    pub const fn contains(self, number: u32) -> bool {
        self.from <= number && number <= self.till
    }
}

impl Content for MessageSet {
    const FORM: Form = Form::Body { codec: "messageSet", typescript: "MessageSet", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let uids = ranges(element, "UID")?;
        let indexes = ranges(element, "index")?;
        match (uids.is_empty(), indexes.is_empty()) {
            (false, true) => Ok(Self::Uids(uids)),
            (true, false) => Ok(Self::Indexes(indexes)),
            (false, false) => Err(DecodeError::MixedMessageSet),
            (true, true) => Err(DecodeError::NoMessageSet),
        }
    }

    fn write(&self, element: &mut Element) {
        let (name, ranges) = match self {
            Self::Uids(ranges) => ("UID", ranges),
            Self::Indexes(ranges) => ("index", ranges),
        };
        for range in ranges {
            element.push(if range.from == range.till {
                Element::new(name).with_text(range.from.to_string())
            } else {
                Element::new(name).with("from", range.from.to_string()).with("till", range.till.to_string())
            });
        }
    }
}

fn ranges(element: &Element, name: &'static str) -> Result<Vec<Range>, DecodeError> {
    element.elements().filter(|e| e.is(name)).map(|e| range(e, name)).collect()
}

fn range(element: &Element, name: &'static str) -> Result<Range, DecodeError> {
    let number =
        |text: &str| u32::from_wire(text).ok_or_else(|| DecodeError::element(name, text, u32::ALLOWED));
    match (element.attribute("from"), element.attribute("till")) {
        (None, None) => {
            let only = number(&element.text())?;
            Ok(Range { from: only, till: only })
        }
        (from, till) => {
            Ok(Range { from: from.map_or(Ok(0), number)?, till: till.map_or(Ok(u32::MAX), number)? })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn read(body: &str) -> Result<MessageSet, DecodeError> {
        let text = format!("<a>{body}</a>");
        MessageSet::read(&Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap())
    }

    #[test]
    fn single_messages_and_ranges_are_read_in_either_case() {
        let expected = vec![Range { from: 12, till: 12 }, Range { from: 3, till: 9 }];
        assert_eq!(read("<UID>12</UID> <uid from='3' till='9'/>"), Ok(MessageSet::Uids(expected.clone())));
        assert_eq!(read("<index>12</index><index from='3' till='9'/>"), Ok(MessageSet::Indexes(expected)));
    }

    #[test]
    fn a_missing_bound_is_open() {
        let open = vec![Range { from: 5, till: u32::MAX }, Range { from: 0, till: 7 }];
        assert_eq!(read("<UID from='5'/><UID till='7'/>"), Ok(MessageSet::Uids(open)));
    }

    #[test]
    fn mixed_empty_and_wrong_sets_are_refused() {
        assert_eq!(read("<UID>1</UID><index>1</index>"), Err(DecodeError::MixedMessageSet));
        assert_eq!(read(""), Err(DecodeError::NoMessageSet));
        assert_eq!(read("<UID>-1</UID>"), Err(DecodeError::element("UID", "-1", u32::ALLOWED)));
        assert_eq!(read("<index/>"), Err(DecodeError::element("index", "", u32::ALLOWED)));
    }

    #[test]
    fn a_set_is_written_in_its_short_form() {
        let mut element = Element::new("a");
        MessageSet::Uids(vec![Range { from: 1, till: 1 }, Range { from: 2, till: 3 }]).write(&mut element);
        assert_eq!(element.to_xml(), "<a><UID>1</UID><UID from=\"2\" till=\"3\"/></a>");
    }
}
