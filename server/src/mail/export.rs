//! How are messages written to an mbox file or a Maildir, so that they can be imported again as they were?
//!
//! Flags that neither form has a place for go where Dovecot and others put keywords: into `X-Keywords`, and into small
//! letters explained by a file `dovecot-keywords`.

mod maildir;
mod mbox;

use std::io;
use std::path::Path;

use protocol::Flags;

use super::Imported;
use maildir::Maildir;
use mbox::Mbox;

/// A file or folder that messages are being written to.
#[derive(Debug)]
pub(crate) enum Exporter {
    /// A file with one message after the other. It has its name when it is whole; dropped before, nothing is left.
    Mbox(Mbox),
    /// A folder with a file for each message.
    Maildir(Maildir),
}

impl Exporter {
    /// Begins an mbox file, if the name ends in `.mbox`, or else a Maildir. What is there already is not touched.
    ///
    /// # Errors
    /// If the path is taken or cannot be made.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if is_mbox(path) {
            Mbox::create(path).map(Self::Mbox)
        } else {
            Maildir::create(path).map(Self::Maildir)
        }
    }

    /// Adds a message.
    pub(crate) fn write(&mut self, message: &Imported) -> io::Result<()> {
        match self {
            Self::Mbox(mbox) => mbox.write(message),
            Self::Maildir(maildir) => maildir.write(message),
        }
    }

    /// Makes it durable.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Mbox(mbox) => mbox.finish(),
            Self::Maildir(maildir) => maildir.finish(),
        }
    }
}

/// Whether a path is that of an mbox file.
pub(crate) fn is_mbox(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mbox"))
}

/// The letters that stand for the flags of a message.
fn letters(table: &[(char, Flags)], flags: Flags) -> String {
    table.iter().filter(|(_, flag)| flags.contains(*flag)).map(|(letter, _)| *letter).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::Importer;
    use super::super::samples;
    use super::*;

    /// Messages of all shapes, whose lines end with CRLF, with flags of every kind.
    fn messages() -> Vec<Imported> {
        let mut raws: Vec<Vec<u8>> =
            samples::samples().map(|sample| super::super::line::with_crlf(sample.raw)).collect();
        raws.retain(|raw| raw.ends_with(b"\r\n"));
        for odd in [
            "Subject: quoted\r\n\r\nFrom me\r\n>From you\r\n>>From her\r\n From here\r\n",
            "Status: RO\r\nX-Status: A\r\nX-Keywords: Junk\r\nSubject: the message's own\r\n\r\nx\r\n",
            "Subject: lines at the end\r\n\r\n\r\n\r\n",
            "\r\nno header\r\n",
            "From a@b Mon Jan  1 12:00:00 2001\r\n",
            "Subject: no body\r\n",
        ] {
            raws.push(odd.as_bytes().to_vec());
        }
        let each = (0_u16..).zip(raws).map(|(number, raw)| Imported {
            raw,
            internal_date: 1_700_000_000_000 - i64::from(number) * 86_399_000,
            flags: Flags::from_bits(number.wrapping_mul(2_749)).without(Flags::RECENT),
        });
        each.collect()
    }

    fn exported(path: &Path, messages: &[Imported]) -> Vec<Imported> {
        let mut exporter = Exporter::create(path).unwrap();
        for message in messages {
            exporter.write(message).unwrap();
        }
        exporter.finish().unwrap();
        Importer::open(path, 1 << 24).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_exported_is_imported_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let messages = messages();
        assert!(messages.len() > 30);
        for name in ["a.mbox", "maildir"] {
            let path = folder.path().join(name);
            let back = exported(&path, &messages);
            assert_eq!(back.len(), messages.len(), "{name}");
            for (before, after) in messages.iter().zip(&back) {
                let text = String::from_utf8_lossy(&before.raw);
                assert_eq!(String::from_utf8_lossy(&after.raw), text, "{name}");
                assert_eq!(after, before, "{name}: {text}");
            }
        }
    }

    #[test]
    fn a_maildir_keeps_milliseconds_and_the_order() {
        let folder = tempfile::tempdir().unwrap();
        let message =
            |date| Imported { raw: b"A: 1\r\n\r\nb".to_vec(), internal_date: date, flags: Flags::NONE };
        let messages: Vec<Imported> = [1_700_000_000_123, 5, 1_600_000_000_999].map(message).into();
        assert_eq!(exported(&folder.path().join("m"), &messages), messages);
    }

    #[test]
    fn nothing_is_written_over_and_what_breaks_off_leaves_no_mbox() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| -> PathBuf { folder.path().join(name) };
        exported(&path("a.mbox"), &messages());
        exported(&path("m"), &messages());
        for taken in ["a.mbox", "m"] {
            let refused = Exporter::create(&path(taken)).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists, "{refused}");
        }
        let mut broken = Exporter::create(&path("b.mbox")).unwrap();
        broken.write(&messages()[0]).unwrap();
        drop(broken);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
