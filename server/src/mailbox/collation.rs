//! In what order do texts come in which people look for names and subjects?
//!
//! In that of the root of the Unicode collation: by letters first, then by their accents, then by capitals. A text has a
//! key, and keys are compared byte by byte. No user's own language is asked for: a mailbox has one order for all who
//! view it.

use std::sync::LazyLock;

use icu_collator::{Collator, CollatorBorrowed};

/// Bytes of a key that are kept; what differs later only is a tie.
const KEY_CAP: usize = 240;
/// Characters of a text that its key is made of.
const TEXT_CAP: usize = 240;

static COLLATOR: LazyLock<Option<CollatorBorrowed<'static>>> =
    LazyLock::new(|| Collator::try_new(Default::default(), Default::default()).ok());

/// Writes the key of a text behind what is in `into`.
pub(crate) fn write_key(text: &str, into: &mut Vec<u8>) {
    let end = into.len() + KEY_CAP;
    let text = text.char_indices().nth(TEXT_CAP).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    match &*COLLATOR {
        Some(collator) => {
            let Ok(()) = collator.write_sort_key_to(text, into);
        }
        // The tables are part of the program.
        None => into.extend(text.to_lowercase().into_bytes()),
    }
    into.truncate(end);
}

/// The key of a text.
pub(crate) fn key(text: &str) -> Vec<u8> {
    let mut key = Vec::new();
    write_key(text, &mut key);
    key
}

/// The first bytes of a key as a number that compares as they do.
pub(crate) fn prefix(key: &[u8]) -> u64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(texts: &[&str]) -> Vec<String> {
        let mut texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        texts.sort_by_key(|text| key(text));
        texts
    }

    #[test]
    fn letters_come_before_accents_and_accents_before_capitals() {
        let expected = [
            "",
            "1 Uhr",
            "äpfel",
            "Äpfel",
            "apfelbaum",
            "cote",
            "coté",
            "côte",
            "Ingrid",
            "Re: äpfel",
            "zebra",
            "Ärger",
        ];
        let mut mixed = expected.to_vec();
        mixed.reverse();
        let mut wanted = expected.map(str::to_owned).to_vec();
        // "Ärger" is a word with A, not one after Z.
        let last = wanted.pop().unwrap();
        wanted.insert(5, last);
        assert_eq!(sorted(&mixed), wanted);
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        assert_eq!(key("J\u{f6}rg"), key("Jo\u{308}rg"));
    }

    #[test]
    fn a_prefix_compares_as_its_key_does_and_long_texts_have_short_keys() {
        let long = "x".repeat(100_000);
        assert!(key(&long).len() <= KEY_CAP);
        for (a, b) in [("a", "b"), ("", "a"), ("apple pie", "apple pies")] {
            assert!(prefix(&key(a)) <= prefix(&key(b)) && key(a) < key(b), "{a} {b}");
        }
    }
}
