//! What marks does a message carry?

use crate::statement::Value;

/// A set of up to 63 marks. What each bit means is the caller's affair, but for the two that mailboxes count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(i64);

/// Marks to set and marks to clear, at once. A mark in both is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagEdit {
    /// Marks to set.
    pub add: Flags,
    /// Marks to clear.
    pub remove: Flags,
}

impl Flags {
    /// No mark.
    pub const NONE: Self = Self(0);
    /// Bit 0: the message was read. A message without it counts in [`Counts::unseen`](crate::Counts::unseen).
    pub const SEEN: Self = Self(1);
    /// Bit 1: the message is a recording or the like, counted in [`Counts::media`](crate::Counts::media).
    pub const MEDIA: Self = Self(1 << 1);

    /// The set with these bits. They are stored as they are and must keep their meaning for good.
    pub const fn from_bits(bits: i64) -> Self {
        Self(bits)
    }

    /// The bits of the set.
    pub const fn bits(self) -> i64 {
        self.0
    }

    /// Whether every mark of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The marks of either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The marks of this set that are not in `other`.
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl FlagEdit {
    /// What becomes of a set.
    pub const fn of(self, flags: Flags) -> Flags {
        flags.difference(self.remove).union(self.add)
    }

    /// The bits that are left as they are, for `(flags & keep) | add`.
    pub(crate) const fn keep(self) -> Flags {
        Flags(!self.remove.0)
    }
}

impl From<Flags> for Value<'_> {
    fn from(flags: Flags) -> Self {
        Self::Integer(flags.0)
    }
}
