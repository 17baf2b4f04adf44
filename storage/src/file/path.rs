//! What is a file called?

use std::fmt;

use crate::error::{Aggregate, Error, Result};
use crate::statement::Value;

/// The longest part of a path, and the longest path, in bytes; and how many parts it has at most.
const LONGEST_PART: usize = 255;
const LONGEST: usize = 1_024;
const DEEPEST: usize = 32;

/// Where a file or directory of an account is: names divided by `/`, without one at its ends. The root is empty. Case
/// matters, and characters stay as they were given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

impl FilePath {
    /// Reads a path; [`Error::InvalidName`] when it is none. One `/` may stand at its end, and alone for the root.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |reason| Err(Error::InvalidName { what: Aggregate::File, reason });
        let path = text.strip_suffix('/').unwrap_or(text);
        if path.is_empty() {
            return Ok(Self::root());
        }
        if path.len() > LONGEST {
            return refuse("it is longer than 1024 bytes");
        }
        let mut depth = 0;
        for part in path.split('/') {
            depth += 1;
            match part {
                "" => return refuse("a part of it is empty"),
                "." | ".." => return refuse("a part of it is . or .."),
                _ if part.len() > LONGEST_PART => return refuse("a part of it is longer than 255 bytes"),
                _ if part.chars().any(char::is_control) => return refuse("it has control characters"),
                _ => {}
            }
        }
        if depth > DEEPEST {
            return refuse("it has more than 32 parts");
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn from_row(directory: &str, name: &str) -> Self {
        if directory.is_empty() { Self(name.to_owned()) } else { Self(format!("{directory}/{name}")) }
    }

    /// The directory that everything is in.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.split().1
    }

    /// The first part.
    pub fn first(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The directory that it is in; that of the root is the root.
    pub fn parent(&self) -> Self {
        Self(self.split().0.to_owned())
    }

    /// The directory that it is in, and the last part.
    pub(crate) fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }

    /// Whether it lies below the other, at any depth.
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        if other.is_root() {
            return !self.is_root();
        }
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The paths on the way from the root, which is left out, to this one, which is the last.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Self> {
        let ends = self.0.match_indices('/').map(|(at, _)| at).chain([self.0.len()]);
        ends.filter_map(|end| self.0.get(..end))
            .filter(|path| !path.is_empty())
            .map(|path| Self(path.to_owned()))
    }

    /// The texts between which the paths of directories below this one lie, in the order of bytes; neither is one.
    pub(crate) fn bounds(&self) -> (String, String) {
        if self.is_root() {
            // Every path but the root's is more than nothing, and no UTF-8 begins so high.
            return (String::new(), "\u{10ffff}".to_owned());
        }
        // What follows `/` is `0`.
        (format!("{}/", self.0), format!("{}0", self.0))
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> From<&'a FilePath> for Value<'a> {
    fn from(path: &'a FilePath) -> Self {
        (&path.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_it_is_but_for_one_slash_at_its_end() {
        let named = |text: &str| FilePath::parse(text).unwrap().to_string();
        for text in ["a", "a/b.txt", "Entwürfe/📝 1", "a\\b", "...", ".a/b..", "~x"] {
            assert_eq!(named(text), text);
            assert_eq!(named(&format!("{text}/")), text);
        }
        assert_eq!((named(""), named("/")), (String::new(), String::new()));
        let deep = vec!["é"; 32].join("/");
        assert_eq!(named(&deep), deep);
        assert_eq!(named(&"x".repeat(255)), "x".repeat(255));
    }

    #[test]
    fn what_is_no_path_is_refused_with_the_reason() {
        let refusal = |text: &str| FilePath::parse(text).unwrap_err().to_string();
        let table = [
            ("/etc/passwd", "a part of it is empty"),
            ("a//b", "a part of it is empty"),
            ("//", "a part of it is empty"),
            ("a//", "a part of it is empty"),
            ("..", "a part of it is . or .."),
            ("a/../b", "a part of it is . or .."),
            ("./a", "a part of it is . or .."),
            ("a/..", "a part of it is . or .."),
            ("a\0b", "it has control characters"),
            ("a\nb", "it has control characters"),
            ("a\u{9b}", "it has control characters"),
            (&"x".repeat(256), "a part of it is longer than 255 bytes"),
            (&"x".repeat(10_000), "it is longer than 1024 bytes"),
            (&vec!["a"; 33].join("/"), "it has more than 32 parts"),
            (&vec!["x".repeat(255); 5].join("/"), "it is longer than 1024 bytes"),
        ];
        for (text, reason) in table {
            assert_eq!(refusal(text), format!("no file can be named so: {reason}"), "{text:?}");
        }
    }

    #[test]
    fn a_path_knows_its_parts_and_what_lies_below() {
        let path = |text| FilePath::parse(text).unwrap();
        let deep = path("a/b/c");
        assert_eq!((deep.parent(), deep.name(), deep.first()), (path("a/b"), "c", "a"));
        assert_eq!(deep.steps().collect::<Vec<_>>(), [path("a"), path("a/b"), path("a/b/c")]);
        assert_eq!(FilePath::root().steps().count(), 0);
        assert_eq!((path("a").parent(), FilePath::root().parent()), (FilePath::root(), FilePath::root()));
        assert!(deep.is_below(&path("a")) && deep.is_below(&FilePath::root()));
        assert!(!deep.is_below(&deep) && !path("ab").is_below(&path("a")));
        let (first, end) = path("a").bounds();
        for (text, inside) in
            [("a/b", true), ("a/\u{10ffff}", true), ("a", false), ("a!", false), ("ab", false)]
        {
            assert_eq!(first.as_str() < text && text < end.as_str(), inside, "{text}");
        }
    }
}
