//! How is a message declared once, so that reading, writing and the client's types follow from it?
//!
//! The macro [`wire!`] turns one declaration into a struct, its two directions and its [`Schema`]. What an
//! attribute or a piece of body may be is said by the traits [`Attribute`] and [`Content`].

use crate::{DecodeError, Element, Scalar};

/// A message: an element with a fixed name.
pub trait Wire: Sized {
    /// The element's name.
    const NAME: &'static str;
    /// The declaration, as data.
    const SCHEMA: Schema;

    /// Reads attributes and body. The name has been checked; unknown attributes and children are ignored.
    ///
    /// # Errors
    /// [`DecodeError`] names the first thing that is wrong.
    fn decode(element: &Element) -> Result<Self, DecodeError>;

    /// Writes attributes, in the order of the declaration, and body into an element that has neither, or only
    /// the `id`.
    fn encode(&self, element: &mut Element);
}

/// What a message looks like, for the generated types and documents.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The element's name.
    pub name: &'static str,
    /// What it is for; lines.
    pub doc: &'static [&'static str],
    /// Attributes and pieces of body, in order.
    pub properties: &'static [Property],
}

/// An attribute or a piece of body.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// The attribute's name on the wire; for a piece of body, the name in the client's types.
    pub name: &'static str,
    /// What it means; lines.
    pub doc: &'static [&'static str],
    /// Where and how it is written.
    pub form: Form,
}

/// Where and how a [`Property`] is written.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// An attribute.
    Attribute {
        /// Its TypeScript type.
        typescript: &'static str,
        /// Whether it may be absent.
        optional: bool,
    },
    /// A piece of the body.
    Body {
        /// The name of its reader and writer in the client.
        codec: &'static str,
        /// Its TypeScript type.
        typescript: &'static str,
        /// Whether it may be absent.
        optional: bool,
    },
}

/// A value that an attribute can hold, or hold optionally.
pub trait Attribute: Sized {
    /// How it appears in a [`Schema`].
    const FORM: Form;

    /// Takes the attribute from the element.
    ///
    /// # Errors
    /// If it is absent and must not be, or its value is not allowed.
    fn read(element: &Element, name: &'static str) -> Result<Self, DecodeError>;

    /// Adds the attribute to the element.
    fn write(&self, element: &mut Element, name: &'static str);
}

impl<T: Scalar> Attribute for T {
    const FORM: Form = Form::Attribute { typescript: T::TYPESCRIPT, optional: false };

    fn read(element: &Element, name: &'static str) -> Result<Self, DecodeError> {
        Option::<T>::read(element, name)?.ok_or(DecodeError::MissingAttribute(name))
    }

    fn write(&self, element: &mut Element, name: &'static str) {
        element.set(name, self.to_wire());
    }
}

impl<T: Scalar> Attribute for Option<T> {
    const FORM: Form = Form::Attribute { typescript: T::TYPESCRIPT, optional: true };

    fn read(element: &Element, name: &'static str) -> Result<Self, DecodeError> {
        let Some(text) = element.attribute(name) else { return Ok(None) };
        match T::from_wire(text) {
            Some(value) => Ok(Some(value)),
            None => Err(DecodeError::attribute(name, text, T::ALLOWED)),
        }
    }

    fn write(&self, element: &mut Element, name: &'static str) {
        if let Some(value) = self {
            element.set(name, value.to_wire());
        }
    }
}

/// An attribute that says `yes` or is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flag(pub bool);

impl Attribute for Flag {
    const FORM: Form = Form::Attribute { typescript: "boolean", optional: true };

    fn read(element: &Element, name: &'static str) -> Result<Self, DecodeError> {
        Ok(Self(Option::<bool>::read(element, name)?.unwrap_or(false)))
    }

    fn write(&self, element: &mut Element, name: &'static str) {
        if self.0 {
            element.set(name, "yes");
        }
    }
}

/// An attribute that says something by being there, unless it says `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Presence(pub bool);

impl Attribute for Presence {
    const FORM: Form = Form::Attribute { typescript: "boolean", optional: true };

    fn read(element: &Element, name: &'static str) -> Result<Self, DecodeError> {
        let says_no = |text: &str| ["no", "0", "false"].iter().any(|no| text.trim().eq_ignore_ascii_case(no));
        Ok(Self(element.attribute(name).is_some_and(|text| !says_no(text))))
    }

    fn write(&self, element: &mut Element, name: &'static str) {
        Flag(self.0).write(element, name);
    }
}

/// A piece of a message's body: some of its children, or its text.
pub trait Content: Sized {
    /// How it appears in a [`Schema`].
    const FORM: Form;

    /// Takes its part of the element's children.
    ///
    /// # Errors
    /// If it is absent and must not be, or is not of its form.
    fn read(element: &Element) -> Result<Self, DecodeError>;

    /// Adds its children to the element.
    fn write(&self, element: &mut Element);
}

/// Declares a message. Each line is `attribute FIELD: TYPE = "wireName";` or `body FIELD: TYPE = "clientName";`.
macro_rules! wire {
    (
        $(#[doc = $doc:literal])+
        pub struct $type:ident $name:literal {
            $(
                $(#[doc = $field_doc:literal])+
                $kind:ident $field:ident: $field_type:ty = $wire:literal;
            )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $type {
            $($(#[doc = $field_doc])+ pub $field: $field_type,)*
        }

        impl $crate::Wire for $type {
            const NAME: &'static str = $name;
            const SCHEMA: $crate::Schema = $crate::Schema {
                name: $name,
                doc: &[$($doc),+],
                properties: &[$($crate::Property {
                    name: $wire,
                    doc: &[$($field_doc),+],
                    form: $crate::wire::wire_form!($kind $field_type),
                }),*],
            };

            fn decode(element: &$crate::Element) -> Result<Self, $crate::DecodeError> {
                let _ = &element;
                Ok(Self { $($field: $crate::wire::wire_read!($kind element $wire)?,)* })
            }

            fn encode(&self, element: &mut $crate::Element) {
                let _ = &element;
                $($crate::wire::wire_write!($kind self.$field, element, $wire);)*
            }
        }
    };
}
pub(crate) use wire;

macro_rules! wire_form {
    (attribute $type:ty) => {
        <$type as $crate::Attribute>::FORM
    };
    (body $type:ty) => {
        <$type as $crate::Content>::FORM
    };
}
pub(crate) use wire_form;

macro_rules! wire_read {
    (attribute $element:ident $name:literal) => {
        $crate::Attribute::read($element, $name)
    };
    (body $element:ident $name:literal) => {
        $crate::Content::read($element)
    };
}
pub(crate) use wire_read;

macro_rules! wire_write {
    (attribute $value:expr, $element:ident, $name:literal) => {
        $crate::Attribute::write(&$value, $element, $name)
    };
    (body $value:expr, $element:ident, $name:literal) => {
        $crate::Content::write(&$value, $element)
    };
}
pub(crate) use wire_write;
