//! What may somebody do with a mailbox, and how is that written?
//!
//! The letters are those of RFC 4314: `l` see it in lists, `r` read, `s` mark as seen, `w` change other flags, `i` add
//! messages, `p` post to it, `k` create mailboxes below it, `x` remove or rename it, `t` delete messages, `e` expunge,
//! `a` administer. `c` (`k` and `x`) and `d` (`t` and `e`) are older names: they are read where none of the letters
//! that they stand for is there, and written beside them.

use std::borrow::Cow;

use crate::{Attribute, Content, DecodeError, Element, Form, Scalar};

/// A set of rights to a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u16);

/// The letters, in the order of their bits and of their writing.
const LETTERS: &str = "lrswipkxtea";
/// The older letters and what they stand for.
const OLDER: [(char, Rights); 2] =
    [('c', Rights::CREATE.union(Rights::DELETE)), ('d', Rights::TRASH.union(Rights::EXPUNGE))];

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// `l`: see the mailbox in lists.
    pub const LOOKUP: Self = Self(1);
    /// `r`: read messages.
    pub const READ: Self = Self(1 << 1);
    /// `s`: set and clear `Seen`.
    pub const SEEN: Self = Self(1 << 2);
    /// `w`: set and clear the flags other than `Seen` and `Deleted`.
    pub const WRITE: Self = Self(1 << 3);
    /// `i`: add messages.
    pub const INSERT: Self = Self(1 << 4);
    /// `p`: send mail to the mailbox's own address.
    pub const POST: Self = Self(1 << 5);
    /// `k`: create mailboxes below it.
    pub const CREATE: Self = Self(1 << 6);
    /// `x`: remove or rename the mailbox.
    pub const DELETE: Self = Self(1 << 7);
    /// `t`: set and clear `Deleted`.
    pub const TRASH: Self = Self(1 << 8);
    /// `e`: remove messages for good.
    pub const EXPUNGE: Self = Self(1 << 9);
    /// `a`: see and change who has which rights.
    pub const ADMINISTER: Self = Self(1 << 10);
    /// Every right.
    pub const ALL: Self = Self((1 << 11) - 1);

    /// The set with these bits; bits that mean nothing are dropped.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The bits of the set.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The rights of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every right of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is a right in both sets.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn of(letter: char) -> Option<Self> {
        LETTERS.find(letter).map(|place| Self(1 << place))
    }
}

impl Scalar for Rights {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "letters of lrswipkxtea";

    fn from_wire(text: &str) -> Option<Self> {
        let (mut rights, mut older) = (Self::NONE, Self::NONE);
        for letter in text.trim().chars() {
            match OLDER.iter().find(|(name, _)| *name == letter) {
                Some((_, meant)) => older = older.union(*meant),
                None => rights = rights.union(Self::of(letter)?),
            }
        }
        let named = rights;
        for (_, meant) in OLDER {
            if older.contains(meant) && !named.intersects(meant) {
                rights = rights.union(meant);
            }
        }
        Some(rights)
    }

    fn to_wire(&self) -> Cow<'_, str> {
        let letters =
            LETTERS.chars().filter(|letter| Self::of(*letter).is_some_and(|right| self.contains(right)));
        let older = OLDER.iter().filter(|(_, meant)| self.intersects(*meant)).map(|(letter, _)| *letter);
        Cow::Owned(letters.chain(older).collect())
    }
}

/// What somebody shall be allowed: `<mailboxRights account="bob@localhost">lrs</mailboxRights>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightsEdit {
    /// Whose rights: an account, or `anyone` for all accounts of the mailbox's domain.
    pub account: String,
    /// The rights from now on; none takes them all away.
    pub rights: Rights,
}

const NAME: &str = "mailboxRights";

impl Content for Vec<RightsEdit> {
    const FORM: Form = Form::Body { codec: "rights", typescript: "RightsEdit[]", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let edit = |e: &Element| {
            let text = e.text();
            let rights = Rights::from_wire(&text);
            let rights = rights.ok_or_else(|| DecodeError::attribute(NAME, &text, Rights::ALLOWED))?;
            Ok(RightsEdit { account: Attribute::read(e, "account")?, rights })
        };
        element.elements().filter(|e| e.is(NAME)).map(edit).collect()
    }

    fn write(&self, element: &mut Element) {
        for edit in self {
            let mut child = Element::new(NAME);
            Attribute::write(&edit.account, &mut child, "account");
            child.push_text(edit.rights.to_wire());
            element.push(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn letters_are_read_in_any_order_and_written_in_one() {
        let written = |text: &str| Rights::from_wire(text).map(|rights| rights.to_wire().into_owned());
        for (text, expected) in [
            ("", ""),
            (" srl ", "lrs"),
            ("lrswipkxtea", "lrswipkxteacd"),
            // The older letters stand for what they mean, unless a part of that is named.
            ("lrcd", "lrkxtecd"),
            ("kc", "kc"),
            ("dt", "td"),
        ] {
            assert_eq!(written(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in ["L", "lr,s", "z", "1", "é"] {
            assert_eq!(written(wrong), None, "{wrong}");
        }
        assert_eq!(Rights::from_wire("lrswipkxtea"), Some(Rights::ALL));
    }

    #[test]
    fn what_is_written_is_read_back_whatever_it_is() {
        for bits in 0..=Rights::ALL.bits() {
            let rights = Rights::from_bits(bits);
            assert_eq!(Rights::from_wire(&rights.to_wire()), Some(rights));
        }
    }

    #[test]
    fn a_grant_that_is_none_is_refused_with_what_it_could_be() {
        let read = |text: &str| {
            let element = Element::read(text.as_bytes(), &Limits::BEFORE_LOGIN).unwrap();
            Vec::<RightsEdit>::read(&element).map_err(|error| error.to_string())
        };
        let edits =
            read("<x><mailboxRights account=\"anyone\">rl</mailboxRights><mailboxRights account=\"b\"/></x>");
        let edit = |account: &str, rights| RightsEdit { account: account.to_owned(), rights };
        let lr = Rights::LOOKUP.union(Rights::READ);
        assert_eq!(edits, Ok(vec![edit("anyone", lr), edit("b", Rights::NONE)]));
        let error = read("<x><mailboxRights account=\"b\">lq</mailboxRights></x>").unwrap_err();
        assert!(error.contains("lrswipkxtea"), "{error}");
        assert!(read("<x><mailboxRights>l</mailboxRights></x>").unwrap_err().contains("account"));
    }
}
