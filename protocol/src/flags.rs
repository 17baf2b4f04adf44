//! Which flags does a message have, and how are they set, cleared and asked for?

use std::borrow::Cow;

use crate::Scalar;

/// A set of message flags. The bits are stored, so their places never change. Storage counts messages by the
/// first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u16);

macro_rules! flags {
    ($($(#[doc = $doc:literal])+ $constant:ident $bit:literal $name:literal, $($negative:literal)|+;)+) => {
        impl Flags {
            $($(#[doc = $doc])+ pub const $constant: Self = Self(1 << $bit);)+

            /// Each flag with its name and the names that mean its absence, in the order of output.
            const NAMES: &[(Self, &'static str, &'static [&'static str])] =
                &[$((Self::$constant, $name, &[$($negative),+])),+];
        }
    };
}

flags! {
    /// Delivered since a folder was last open on the mailbox.
    RECENT 2 "Recent", "NotRecent";
    /// Read.
    SEEN 0 "Seen", "Unseen" | "Unread";
    /// Replied to.
    ANSWERED 3 "Answered", "Unanswered";
    /// Marked for removal.
    DELETED 4 "Deleted", "Undeleted";
    /// Marked as important.
    FLAGGED 5 "Flagged", "Unflagged";
    /// Not finished.
    DRAFT 6 "Draft", "Undraft";
    /// Sent on.
    REDIRECTED 7 "Redirected", "UnRedirected";
    /// Its disposition was reported.
    MDN_SENT 8 "MDNSent", "NoMDNSent";
    /// Not to be shown.
    HIDDEN 9 "Hidden", "NotHidden";
    /// Of use to programs only.
    SERVICE 10 "Service", "NotService";
    /// Holds sound, pictures or video.
    MEDIA 1 "Media", "NotMedia";
    /// Unwanted.
    JUNK 11 "Junk", "NotJunk";
    /// The user's first label.
    LABEL1 12 "Label1", "NotLabel1";
    /// The user's second label.
    LABEL2 13 "Label2", "NotLabel2";
    /// The user's third label.
    LABEL3 14 "Label3", "NotLabel3";
}

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);

    /// The set as a number to be stored.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set of a stored number; bits that mean nothing are dropped.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0x7fff)
    }

    /// Whether all flags of `other` are in the set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether some flag of `other` is in the set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The flags of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The flags that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Names separated by commas, in the fixed order.
impl Scalar for Flags {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "flag names separated by commas, such as Seen,Flagged";

    fn from_wire(text: &str) -> Option<Self> {
        let terms = FlagTerms::from_wire(text)?;
        (terms.clear == Self::NONE).then_some(terms.set)
    }

    fn to_wire(&self) -> Cow<'_, str> {
        let names = Self::NAMES.iter().filter(|(flag, _, _)| self.contains(*flag)).map(|(_, name, _)| *name);
        Cow::Owned(names.collect::<Vec<_>>().join(","))
    }
}

/// Flag names and negative names separated by commas, such as `Media,Unseen`: what `messageMark` sets and
/// clears, and what a `FLAGS` filter wants set and clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlagTerms {
    /// The flags named.
    pub set: Flags,
    /// The flags named by a negative name.
    pub clear: Flags,
}

impl FlagTerms {
    /// Whether a message with these flags has all that are wanted and none that are not.
    #[must_use]
    pub const fn admit(self, flags: Flags) -> bool {
        flags.contains(self.set) && !flags.intersects(self.clear)
    }
}

impl Scalar for FlagTerms {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "flag names or negative names separated by commas, such as Media,Unseen";

    fn from_wire(text: &str) -> Option<Self> {
        let mut terms = Self { set: Flags::NONE, clear: Flags::NONE };
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let is = |name: &str| name.eq_ignore_ascii_case(word);
            if is("Read") {
                terms.set = terms.set.union(Flags::SEEN);
            } else if let Some((flag, ..)) = Flags::NAMES.iter().find(|(_, name, _)| is(name)) {
                terms.set = terms.set.union(*flag);
            } else {
                let negative = Flags::NAMES.iter().find(|(_, _, negatives)| negatives.iter().any(|n| is(n)));
                terms.clear = terms.clear.union(negative?.0);
            }
        }
        Some(terms)
    }

    fn to_wire(&self) -> Cow<'_, str> {
        let positive = Flags::NAMES.iter().filter(|(flag, ..)| self.set.contains(*flag)).map(|(_, n, _)| *n);
        let negative = Flags::NAMES.iter().filter(|(flag, ..)| self.clear.contains(*flag));
        let negative = negative.filter_map(|(_, _, names)| names.first().copied());
        Cow::Owned(positive.chain(negative).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_in_the_order_of_the_examples() {
        let flags = Flags::FLAGGED.union(Flags::DELETED).union(Flags::SEEN);
        assert_eq!(flags.to_wire(), "Seen,Deleted,Flagged");
        assert_eq!(Flags::RECENT.union(Flags::DELETED).to_wire(), "Recent,Deleted");
        assert_eq!(Flags::NONE.to_wire(), "");
    }

    #[test]
    fn terms_know_aliases_and_negatives_in_any_case() {
        let terms = |set, clear| Some(FlagTerms { set, clear });
        assert_eq!(FlagTerms::from_wire("media, unseen"), terms(Flags::MEDIA, Flags::SEEN));
        assert_eq!(FlagTerms::from_wire("Read,Unread"), terms(Flags::SEEN, Flags::SEEN));
        assert_eq!(
            FlagTerms::from_wire("NoMDNSent,NotLabel2"),
            terms(Flags::NONE, Flags::MDN_SENT.union(Flags::LABEL2))
        );
        assert_eq!(FlagTerms::from_wire(""), terms(Flags::NONE, Flags::NONE));
        assert_eq!(FlagTerms::from_wire("Seen,Purple"), None);
        assert_eq!(FlagTerms::from_wire("Media,Unread").unwrap().to_wire(), "Media,Unseen");
    }

    #[test]
    fn a_filter_wants_all_that_is_set_and_nothing_that_is_clear() {
        let filter = FlagTerms::from_wire("Media,Unseen").unwrap();
        assert!(filter.admit(Flags::MEDIA.union(Flags::FLAGGED)));
        assert!(!filter.admit(Flags::MEDIA.union(Flags::SEEN)));
        assert!(!filter.admit(Flags::NONE));
    }

    #[test]
    fn every_flag_reads_back_from_its_name() {
        for (flag, name, _) in Flags::NAMES {
            assert_eq!(Flags::from_wire(name), Some(*flag));
            assert_eq!(Flags::from_bits(flag.bits()), *flag);
        }
    }
}
