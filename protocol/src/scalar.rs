//! How is one value written in an attribute or a text?

use std::borrow::Cow;

/// A value with one textual form.
pub trait Scalar: Sized {
    /// The TypeScript type a client sees.
    const TYPESCRIPT: &'static str;
    /// What the value may be, for an error message: "it should be …".
    const ALLOWED: &'static str;

    /// The value of this text, or `None` if it has none.
    fn from_wire(text: &str) -> Option<Self>;

    /// The text of this value.
    fn to_wire(&self) -> Cow<'_, str>;
}

impl Scalar for String {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "a text";

    fn from_wire(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn to_wire(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

macro_rules! number {
    ($($type:ty, $allowed:literal;)+) => {
        $(impl Scalar for $type {
            const TYPESCRIPT: &'static str = "number";
            const ALLOWED: &'static str = $allowed;

            fn from_wire(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }

            fn to_wire(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        })+
    };
}

number! {
    u16, "a number from 0 to 65535";
    u32, "a number from 0 to 4294967295";
    u64, "a number, 0 or more";
    i64, "a whole number";
}

/// Deployed clients write `yes`, `YES`, `1` or `true`; anything else is not "yes".
impl Scalar for bool {
    const TYPESCRIPT: &'static str = "boolean";
    const ALLOWED: &'static str = "yes or no";

    fn from_wire(text: &str) -> Option<Self> {
        Some(["yes", "1", "true"].iter().any(|yes| text.trim().eq_ignore_ascii_case(yes)))
    }

    fn to_wire(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "yes" } else { "no" })
    }
}

/// Declares an enum whose values are words of the protocol; they match in any case.
macro_rules! words {
    (
        $(#[doc = $doc:literal])+
        $(#[derive($($derive:ident),+)])?
        pub enum $type:ident {
            $($(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal,)+
        }
        allowed: $allowed:literal
        typescript: $typescript:literal
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq $($(, $derive)+)?)]
        pub enum $type {
            $($(#[doc = $variant_doc])+ $variant,)+
        }

        impl $crate::Scalar for $type {
            const TYPESCRIPT: &'static str = $typescript;
            const ALLOWED: &'static str = $allowed;

            fn from_wire(text: &str) -> Option<Self> {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($word) {
                    return Some(Self::$variant);
                })+
                None
            }

            fn to_wire(&self) -> std::borrow::Cow<'_, str> {
                std::borrow::Cow::Borrowed(match self { $(Self::$variant => $word,)+ })
            }
        }
    };
}
pub(crate) use words;
