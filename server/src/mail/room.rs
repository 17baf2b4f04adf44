//! How much XML may be made of what somebody sent?
//!
//! A small text can stand for much: each of the values in a line becomes an element with all parameters of the line.

use protocol::Element;

/// Most elements and attributes.
const PIECE_CAP: usize = 100_000;
/// Most bytes of their names and texts.
const BYTE_CAP: usize = 32 * 1024 * 1024;

/// There is no room for another element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has too much in it to be shown: it can be fetched as a file")]
pub(crate) struct NoRoom;

/// What has room yet.
#[derive(Debug)]
pub(crate) struct Room {
    pieces: usize,
    bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { pieces: PIECE_CAP, bytes: BYTE_CAP }
    }
}

impl Room {
    /// Takes the room of an element with its attributes and its text; elements in it take their own.
    pub(super) fn take(&mut self, element: &Element) -> Result<(), NoRoom> {
        let text = element.text().len();
        let (pieces, bytes) =
            element.attributes().fold((1, element.name().len() + text), |(pieces, bytes), (name, value)| {
                (pieces + 1, bytes + name.len() + value.len())
            });
        let left = (self.pieces.checked_sub(pieces), self.bytes.checked_sub(bytes));
        let (Some(pieces), Some(bytes)) = left else { return Err(NoRoom) };
        (self.pieces, self.bytes) = (pieces, bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_attributes_and_texts_take_room() {
        let element = Element::new("ab").with("c", "de").with_text("f");
        let mut room = Room { pieces: 3, bytes: 12 };
        assert_eq!(room.take(&element), Ok(()));
        assert_eq!((room.pieces, room.bytes), (1, 6));
        assert_eq!(room.take(&element), Err(NoRoom));
        assert_eq!(room.take(&Element::new("abcdefg")), Err(NoRoom));
        assert_eq!(room.take(&Element::new("abcdef")), Ok(()));
    }
}
