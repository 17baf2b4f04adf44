//! Which messages of a folder does a request speak of?

use crate::{Content, DecodeError, Element, Form, Scalar};

/// A message set: `<UID>` or `<index>` elements, each one message or a range. Here the ranges rise, and lie apart: whatever
/// was sent, no message is meant twice.
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
        match (uids, indexes) {
            (Some(uids), None) => Ok(Self::Uids(uids)),
            (None, Some(indexes)) => Ok(Self::Indexes(indexes)),
            (Some(_), Some(_)) => Err(DecodeError::MixedMessageSet),
            (None, None) => Err(DecodeError::NoMessageSet),
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

/// The ranges of all elements of this name; `None` if there are no such elements.
fn ranges(element: &Element, name: &'static str) -> Result<Option<Vec<Range>>, DecodeError> {
    let elements = element.elements().filter(|e| e.is(name));
    let ranges = elements.map(|e| range(e, name)).collect::<Result<Vec<_>, _>>()?;
    Ok((!ranges.is_empty()).then(|| merged(ranges)))
}

/// The same numbers in rising ranges that lie apart.
fn merged(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.retain(|range| range.from <= range.till);
    ranges.sort_unstable_by_key(|range| range.from);
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.from <= last.till.saturating_add(1) => last.till = last.till.max(range.till),
            Some(_) | None => merged.push(range),
        }
    }
    merged
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
        let expected = vec![Range { from: 3, till: 9 }, Range { from: 12, till: 12 }];
        assert_eq!(read("<UID>12</UID> <uid from='3' till='9'/>"), Ok(MessageSet::Uids(expected.clone())));
        assert_eq!(read("<index>12</index><index from='3' till='9'/>"), Ok(MessageSet::Indexes(expected)));
    }

    #[test]
    fn a_missing_bound_is_open() {
        let uids = |from, till| Ok(MessageSet::Uids(vec![Range { from, till }]));
        assert_eq!(read("<UID from='5'/>"), uids(5, u32::MAX));
        assert_eq!(read("<UID till='7'/>"), uids(0, 7));
    }

    #[test]
    fn ranges_are_merged_however_often_they_are_sent() {
        let many = "<index from='0' till='9999'/>".repeat(500);
        assert_eq!(read(&many), Ok(MessageSet::Indexes(vec![Range { from: 0, till: 9_999 }])));
        let set = "<UID>5</UID><UID from='1' till='3'/><UID>4</UID><UID from='9' till='8'/><UID from='7'/><UID>7</UID>";
        let expected = vec![Range { from: 1, till: 5 }, Range { from: 7, till: u32::MAX }];
        assert_eq!(read(set), Ok(MessageSet::Uids(expected)));
        // An empty range is a set without messages, not the absence of a set.
        assert_eq!(read("<UID from='9' till='8'/>"), Ok(MessageSet::Uids(Vec::new())));
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
