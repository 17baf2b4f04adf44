//! How is an encoded content decoded piece by piece, from any place on?
//!
//! One pass over the content marks where blocks begin and what is before each. Then each block can be read and
//! decoded by itself, and what comes of all of them in a row is what [`Encoding::decode`] gives.

use std::ops::Range;

use super::{Encoding, Quantum, unquote, walk_base64};
use crate::mail::line::Lines;

/// Bytes of a block, encoded, at most.
const BLOCK: usize = 256 * 1024;

/// Where the blocks of an encoded content begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocks {
    starts: Vec<Start>,
    /// Where the encoded content ends; what follows means nothing.
    end: u64,
    length: u64,
    /// For quoted-printable, what lines end with.
    line_end: Option<u8>,
}

/// The beginning of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    encoded: u64,
    decoded: u64,
    quantum: Quantum,
}

/// A block: which bytes of the encoded content are to be read, and where what they stand for begins in the decoded one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// From where to where in the encoded content.
    pub(crate) encoded: Range<u64>,
    /// Where it begins in the decoded content.
    pub(crate) decoded: u64,
    quantum: Quantum,
    line_end: Option<u8>,
    is_last: bool,
}

impl Blocks {
    /// The blocks of a content; none if it stands there as it is.
    pub(in crate::mail) fn of(encoding: Encoding, body: &[u8]) -> Option<Self> {
        match encoding {
            Encoding::Identity => None,
            Encoding::Base64 => Some(of_base64(body)),
            Encoding::QuotedPrintable => Some(of_quoted(body)),
        }
    }

    /// The length of the decoded content in bytes.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// How many blocks there are.
    pub(crate) const fn count(&self) -> usize {
        self.starts.len()
    }

    /// The number of the block that has this byte of the decoded content.
    pub(crate) fn at(&self, decoded: u64) -> usize {
        self.starts.partition_point(|start| start.decoded <= decoded).saturating_sub(1)
    }

    /// The block of that number.
    pub(crate) fn get(&self, number: usize) -> Option<Block> {
        let start = self.starts.get(number)?;
        let next = self.starts.get(number + 1);
        Some(Block {
            encoded: start.encoded..next.map_or(self.end, |next| next.encoded),
            decoded: start.decoded,
            quantum: start.quantum,
            line_end: self.line_end,
            is_last: next.is_none(),
        })
    }
}

impl Block {
    /// What these bytes of the encoded content, which are those of the block, stand for.
    pub(crate) fn decode(&self, encoded: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(encoded.len());
        match self.line_end {
            Some(line_end) => unquote(encoded, line_end, &mut out),
            None => {
                let mut quantum = self.quantum;
                for byte in encoded {
                    quantum.take(*byte, &mut out);
                }
                if self.is_last {
                    quantum.flush(&mut out);
                }
            }
        }
        out
    }
}

fn of_base64(body: &[u8]) -> Blocks {
    let (mut starts, mut length, mut scratch) = (Vec::new(), 0, Vec::with_capacity(BLOCK));
    let (end, _) = walk_base64(body, &mut scratch, |position, quantum, decoded| {
        if position % BLOCK == 0 {
            length += decoded.len() as u64;
            decoded.clear();
            starts.push(Start { encoded: position as u64, decoded: length, quantum });
        }
    });
    Blocks { starts, end: end as u64, length: length + scratch.len() as u64, line_end: None }
}

fn of_quoted(body: &[u8]) -> Blocks {
    let line_end = Lines::new(body).line_end();
    let (mut starts, mut length, mut scratch, mut at) = (Vec::new(), 0, Vec::with_capacity(BLOCK), 0);
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        starts.push(Start { encoded: at as u64, decoded: length, quantum: Quantum::default() });
        let block = rest.get(..cut(rest, line_end)).unwrap_or(rest);
        unquote(block, line_end, &mut scratch);
        length += scratch.len() as u64;
        scratch.clear();
        at += block.len();
    }
    Blocks { starts, end: body.len() as u64, length, line_end: Some(line_end) }
}

/// Where to end a block: behind the last line that is all in it or, if a line is longer than a block, which none of
/// quoted-printable is, before an escape that would be cut.
fn cut(rest: &[u8], line_end: u8) -> usize {
    let Some(window) = rest.get(..BLOCK).filter(|window| window.len() < rest.len()) else {
        return rest.len();
    };
    if let Some(end) = memchr::memrchr(line_end, window) {
        return end + 1;
    }
    let tail = window.get(BLOCK - 2..).unwrap_or_default();
    memchr::memchr(b'=', tail).map_or(BLOCK, |position| BLOCK - 2 + position)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the blocks give, each decoded by itself, from this byte of the decoded content on.
    fn decoded(blocks: &Blocks, body: &[u8], from: u64) -> Vec<u8> {
        let mut out = Vec::new();
        for number in blocks.at(from)..blocks.count() {
            let block = blocks.get(number).unwrap();
            let bytes = block.decode(&body[block.encoded.start as usize..block.encoded.end as usize]);
            let skipped = from.saturating_sub(block.decoded) as usize;
            out.extend_from_slice(&bytes[skipped.min(bytes.len())..]);
        }
        out
    }

    fn assert_like_whole(encoding: Encoding, body: &[u8]) {
        let whole = encoding.decode(body);
        let blocks = Blocks::of(encoding, body).unwrap();
        assert_eq!(blocks.length(), whole.len() as u64);
        for from in [0, 1, whole.len() / 3, whole.len() / 2 + 1, whole.len().saturating_sub(1)] {
            assert!(decoded(&blocks, body, from as u64) == whole[from.min(whole.len())..], "from {from}");
        }
    }

    #[test]
    fn blocks_of_base64_give_what_the_whole_gives() {
        let line = b"SGVsbG8gd29ybGQsIGhlbGxvIHdvcmxkLCBoZWxsbyB3b3JsZCwgaGVsbG8gd29ybGQsIGhlbGxv\r\n";
        let many = line.repeat(10_000);
        let footer = [&many[..], b"aGVsbG8=\r\n____\r\nlist mailing list\r\n", &many[..]].concat();
        let pieces = [&many[..], b"aGVsbG8=\r\n", &many[..], b"aGV"].concat();
        let junk = [&many[..], &b"!".repeat(2 * BLOCK), &many[..1]].concat();
        for body in [&b""[..], b"aGVsbG8=", b"====", &many, &footer, &pieces, &junk] {
            assert_like_whole(Encoding::Base64, body);
        }
    }

    #[test]
    fn blocks_of_quoted_printable_give_what_the_whole_gives() {
        let many = "J=C3=B6rg, soft=  \nbreak \t\nand =3D\r\n".repeat(20_000);
        let mac = many.replace("\r\n", "\r").replace('\n', "\r");
        let long = "=C3=B6".repeat(BLOCK);
        for body in ["", "x", "a=\n", &many, &mac, &long] {
            assert_like_whole(Encoding::QuotedPrintable, body.as_bytes());
        }
    }

    #[test]
    fn no_block_is_longer_than_it_may_be() {
        for (encoding, body) in
            [(Encoding::Base64, b"A ".repeat(BLOCK)), (Encoding::QuotedPrintable, b"a".repeat(3 * BLOCK))]
        {
            let blocks = Blocks::of(encoding, &body).unwrap();
            let lengths = (0..blocks.count()).map(|n| blocks.get(n).unwrap().encoded);
            assert!(lengths.map(|range| range.end - range.start).all(|length| length <= BLOCK as u64));
        }
    }
}
