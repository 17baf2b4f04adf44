//! How are messages written to a Maildir?
//!
//! The bytes are the message's, the time of the file is its internal date, and the names of the files, which begin with
//! the time of the export, are in the order of the messages.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::{Flags, Scalar};

use super::super::Imported;
use super::letters;

/// In the order of the alphabet, as the form wants it.
const LETTERS: [(char, Flags); 6] = [
    ('D', Flags::DRAFT),
    ('F', Flags::FLAGGED),
    ('P', Flags::REDIRECTED),
    ('R', Flags::ANSWERED),
    ('S', Flags::SEEN),
    ('T', Flags::DELETED),
];
const KEYWORDS: [(char, Flags); 8] = [
    ('a', Flags::MDN_SENT),
    ('b', Flags::HIDDEN),
    ('c', Flags::SERVICE),
    ('d', Flags::MEDIA),
    ('e', Flags::JUNK),
    ('f', Flags::LABEL1),
    ('g', Flags::LABEL2),
    ('h', Flags::LABEL3),
];

/// A Maildir that is being written.
#[derive(Debug)]
pub(crate) struct Maildir {
    path: PathBuf,
    /// When the export began, in seconds since 1970.
    began: u64,
    written: u64,
}

impl Maildir {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut folder = fs::DirBuilder::new();
        folder.mode(0o700);
        match folder.create(path) {
            // Mailboxes below it may be there already.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            made => made?,
        }
        for name in ["cur", "new", "tmp"] {
            folder.create(path.join(name))?;
        }
        let names =
            KEYWORDS.iter().enumerate().map(|(number, (_, flag))| format!("{number} {}\n", flag.to_wire()));
        fs::write(path.join("dovecot-keywords"), names.collect::<String>())?;
        let began = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Ok(Self { path: path.to_owned(), began, written: 0 })
    }

    pub(super) fn write(&mut self, message: &Imported) -> io::Result<()> {
        let letters = letters(&LETTERS, message.flags) + &letters(&KEYWORDS, message.flags);
        let size = message.raw.len();
        let name = format!("{}.N{:010}.ximss-gateway,S={size}:2,{letters}", self.began, self.written);
        let unfinished = self.path.join("tmp").join(&name);
        let mut file = File::create(&unfinished)?;
        file.write_all(&message.raw)?;
        file.set_modified(time(message.internal_date))?;
        fs::rename(unfinished, self.path.join("cur").join(name))?;
        self.written += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> io::Result<()> {
        // One sync for all files.
        nix::unistd::syncfs(File::open(&self.path)?).map_err(io::Error::from)
    }
}

/// A time in milliseconds since 1970 as the system has it.
fn time(milliseconds: i64) -> SystemTime {
    let distance = Duration::from_millis(milliseconds.unsigned_abs());
    let time =
        if milliseconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.unwrap_or(UNIX_EPOCH)
}
