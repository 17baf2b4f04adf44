//! Which messages are in a Maildir?

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use protocol::{Flags, Scalar};

use super::{ImportError, Imported, milliseconds};
use crate::mail::line;

/// The messages of a Maildir, in the order of their file names, which begin with the time of delivery.
#[derive(Debug)]
pub(super) struct Maildir {
    path: PathBuf,
    limit: usize,
    entries: std::vec::IntoIter<Entry>,
    total: u64,
    /// What the small letters in names mean, from `a` on.
    keywords: Vec<Flags>,
}

/// A file in `cur` or `new`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// The number that its name begins with, in seconds since 1970.
    delivered: u64,
    name: OsString,
    folder: &'static str,
}

impl Maildir {
    /// Lists the messages.
    pub(super) fn open(path: &Path, limit: usize) -> Result<Self, ImportError> {
        let mut entries = Vec::new();
        let mut folders = 0;
        for folder in ["new", "cur"] {
            let listed = path.join(folder);
            let failed = |source| ImportError::Open { path: listed.clone(), source };
            let files = match fs::read_dir(&listed) {
                Ok(files) => files,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            folders += 1;
            for file in files {
                let name = file.map_err(failed)?.file_name();
                if !name.as_encoded_bytes().starts_with(b".") {
                    entries.push(Entry { delivered: delivered(&name), name, folder });
                }
            }
        }
        if folders == 0 {
            return Err(ImportError::NotMaildir(path.to_owned()));
        }
        entries.sort_unstable();
        let total = entries.len() as u64;
        let keywords = keywords(path);
        Ok(Self { path: path.to_owned(), limit, entries: entries.into_iter(), total, keywords })
    }

    /// All files in `cur` and `new`.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// How many of them were read.
    pub(super) fn position(&self) -> u64 {
        self.total - self.entries.len() as u64
    }

    /// Reads a message; none if the name is that of a folder.
    fn message(&self, entry: &Entry) -> Result<Option<Imported>, ImportError> {
        let path = self.path.join(entry.folder).join(&entry.name);
        let failed = |source| ImportError::Read { path: path.clone(), position: 0, source };
        let file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let mut raw = Vec::new();
        file.take(self.limit as u64 + 1).read_to_end(&mut raw).map_err(failed)?;
        if raw.is_empty() {
            return Err(ImportError::Empty { path, position: 0 });
        }
        let raw = line::with_crlf(&raw);
        if raw.len() > self.limit {
            return Err(ImportError::TooLarge { path, position: 0, limit: self.limit });
        }
        let flags = if entry.folder == "cur" { flags(&entry.name, &self.keywords) } else { Flags::NONE };
        let internal_date = milliseconds(metadata.modified().ok());
        Ok(Some(Imported { raw, internal_date, flags }))
    }
}

impl Iterator for Maildir {
    type Item = Result<Imported, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = self.entries.next()?;
            if let Some(message) = self.message(&entry).transpose() {
                return Some(message);
            }
        }
    }
}

fn delivered(name: &OsString) -> u64 {
    let digits = name.as_encoded_bytes().iter().take_while(|byte| byte.is_ascii_digit()).take(18);
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

/// The keywords that a file of Dovecot's explains, `0 NAME` for `a` and so on; those that we have no flag for are none.
fn keywords(path: &Path) -> Vec<Flags> {
    let mut keywords = vec![Flags::NONE; 26];
    for line in fs::read_to_string(path.join("dovecot-keywords")).unwrap_or_default().lines() {
        let Some((number, name)) = line.split_once(' ') else { continue };
        let place = number.parse().ok().and_then(|number: usize| keywords.get_mut(number));
        if let (Some(place), Some(flag)) = (place, Flags::from_wire(name)) {
            *place = flag;
        }
    }
    keywords
}

/// The flags behind `:2,`; systems that allow no colon in names write something else before the 2.
fn flags(name: &OsString, keywords: &[Flags]) -> Flags {
    let name = name.to_string_lossy();
    let letters = [":2,", ";2,", "!2,", "_2,"].iter().find_map(|mark| name.rsplit_once(mark));
    let of = |letter| match letter {
        'P' => Flags::REDIRECTED,
        'R' => Flags::ANSWERED,
        'S' => Flags::SEEN,
        'T' => Flags::DELETED,
        'D' => Flags::DRAFT,
        'F' => Flags::FLAGGED,
        'a'..='z' => {
            let place = usize::try_from(u32::from(letter) - u32::from('a')).unwrap_or(usize::MAX);
            keywords.get(place).copied().unwrap_or(Flags::NONE)
        }
        _ => Flags::NONE,
    };
    letters.map_or(Flags::NONE, |(_, letters)| letters.chars().map(of).fold(Flags::NONE, Flags::union))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::Importer;
    use super::*;

    fn put(root: &Path, name: &str, raw: &str, seconds: u64) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, raw).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    }

    #[test]
    fn messages_come_in_the_order_of_delivery_with_flags_and_file_times() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "cur/1000000002.M1.host:2,FS", "Subject: 2\n\nb\n", 20);
        put(root.path(), "new/999999999.M1.host", "Subject: 1\r\n\r\na\r\n", 10);
        put(root.path(), "cur/1000000003.M1.host,S=12:2,PRTD", "Subject: 3\n\nc\n", 30);
        put(root.path(), "new/.hidden", "x", 40);
        put(root.path(), "tmp/1.unfinished", "x", 40);
        fs::create_dir(root.path().join("cur/folder")).unwrap();
        let mut source = Importer::open(root.path(), 1000).unwrap();
        assert_eq!((source.position(), source.total()), (0, 4));
        let messages: Vec<_> = source.by_ref().map(Result::unwrap).collect();
        assert_eq!((source.position(), source.total()), (4, 4));
        let message = |raw: &str, seconds: i64, flags| Imported {
            raw: raw.as_bytes().to_vec(),
            internal_date: seconds * 1000,
            flags,
        };
        let third = Flags::REDIRECTED.union(Flags::ANSWERED).union(Flags::DELETED).union(Flags::DRAFT);
        let expected = [
            message("Subject: 1\r\n\r\na\r\n", 10, Flags::NONE),
            message("Subject: 2\r\n\r\nb\r\n", 20, Flags::FLAGGED.union(Flags::SEEN)),
            message("Subject: 3\r\n\r\nc\r\n", 30, third),
        ];
        assert_eq!(messages, expected);
    }

    #[test]
    fn a_file_that_cannot_be_taken_is_told_and_the_rest_goes_on() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "new/1.a", &"x".repeat(20), 10);
        put(root.path(), "new/1.e", "", 10);
        put(root.path(), "new/2.b", "y", 10);
        std::os::unix::fs::symlink("nowhere", root.path().join("new/3.c")).unwrap();
        let source = Importer::open(root.path(), 10).unwrap();
        let told: Vec<_> =
            source.map(|message| message.map(|m| m.raw).map_err(|error| error.to_string())).collect();
        let path = |name: &str| root.path().join("new").join(name).display().to_string();
        let expected = [
            Err(format!("the message at byte 0 of {} has more than 10 bytes", path("1.a"))),
            Err(format!("the message at byte 0 of {} is empty", path("1.e"))),
            Ok(b"y".to_vec()),
            Err(format!("cannot read {} at byte 0: No such file or directory (os error 2)", path("3.c"))),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_folder_that_is_no_maildir_and_a_path_that_is_not_there_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let refused = |path: &Path| Importer::open(path, 10).map(|_| ()).unwrap_err().to_string();
        let path = root.path().display();
        assert_eq!(refused(root.path()), format!("{path} is no Maildir: it has no folder cur or new"));
        let absent = root.path().join("absent");
        assert_eq!(
            refused(&absent),
            format!("cannot open {path}/absent: No such file or directory (os error 2)")
        );
    }

    #[test]
    fn an_mbox_file_tells_its_size_in_bytes() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "box", "From a\nA: 1\n\nx\n\nFrom b\nB: 2\n\ny\n", 10);
        let mut source = Importer::open(&root.path().join("box"), 1000).unwrap();
        assert_eq!((source.position(), source.total()), (7, 31));
        assert_eq!(source.next().unwrap().unwrap().internal_date, 10_000);
        assert_eq!(source.next().unwrap().unwrap().raw, b"B: 2\r\n\r\ny\r\n");
        assert_eq!((source.position(), source.total()), (31, 31));
        assert!(source.next().is_none());
    }
}
