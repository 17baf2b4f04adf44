//! How are messages told apart on a byte stream? Each ends with one zero byte, both ways.

use crate::XmlError;

/// Splits a stream of bytes into messages at zero bytes, holding at most one unfinished message.
#[derive(Debug, Default)]
pub struct Frames {
    buffer: Vec<u8>,
    /// Bytes of `buffer` already searched for a zero byte.
    searched: usize,
    /// Bytes of `buffer` before this belong to messages already taken.
    start: usize,
}

impl Frames {
    /// A splitter that has seen nothing yet. It allocates with the first byte.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message without its zero byte, or `None` until more bytes come.
    ///
    /// # Errors
    /// [`XmlError::TooLong`] as soon as a message has more than `limit` bytes, whether or not its end has come.
    pub fn next(&mut self, limit: usize) -> Result<Option<&[u8]>, XmlError> {
        let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
        let end = unsearched.iter().position(|b| *b == 0).map(|at| self.searched + at);
        let length = end.unwrap_or(self.buffer.len()) - self.start;
        if length > limit {
            return Err(XmlError::TooLong { limit });
        }
        let Some(end) = end else {
            self.searched = self.buffer.len();
            if self.start == self.buffer.len() {
                // An idle connection keeps no buffer.
                *self = Self::default();
            }
            return Ok(None);
        };
        let frame = self.buffer.get(self.start..end);
        self.start = end + 1;
        self.searched = end + 1;
        Ok(frame)
    }

    /// The bytes that came after the last whole message; what `starttls` must not leave behind.
    #[must_use]
    pub fn unfinished(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain(frames: &mut Frames, limit: usize) -> Result<Vec<Vec<u8>>, XmlError> {
        let mut all = Vec::new();
        while let Some(frame) = frames.next(limit)? {
            all.push(frame.to_vec());
        }
        Ok(all)
    }

    #[test]
    fn several_messages_in_one_segment_and_one_in_several() {
        let mut frames = Frames::new();
        frames.push(b"<a/>\0<b/>\0<c");
        assert_eq!(drain(&mut frames, 10), Ok(vec![b"<a/>".to_vec(), b"<b/>".to_vec()]));
        assert_eq!(frames.unfinished(), b"<c");
        frames.push(b"/>\0\0");
        assert_eq!(drain(&mut frames, 10), Ok(vec![b"<c/>".to_vec(), vec![]]));
        assert_eq!(frames.unfinished(), b"");
    }

    #[test]
    fn a_message_that_is_too_long_is_refused_before_its_end() {
        let mut frames = Frames::new();
        frames.push(b"12345");
        assert_eq!(drain(&mut frames, 5), Ok(vec![]));
        frames.push(b"6");
        assert_eq!(drain(&mut frames, 5), Err(XmlError::TooLong { limit: 5 }));
    }

    proptest! {
        #[test]
        fn cuts_do_not_change_the_messages(
            messages in proptest::collection::vec("[a-z]{0,20}", 0..10),
            cuts in proptest::collection::vec(1usize..7, 1..40),
        ) {
            let stream: Vec<u8> = messages.iter().flat_map(|m| m.bytes().chain([0])).collect();
            let mut frames = Frames::new();
            let mut seen = Vec::new();
            let mut rest = stream.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                frames.push(now);
                rest = later;
                seen.extend(drain(&mut frames, 20)?);
            }
            let expected: Vec<Vec<u8>> = messages.into_iter().map(String::into_bytes).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
