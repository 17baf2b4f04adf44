//! How are messages written to an mbox file?
//!
//! In the form mboxrd: every line of `>`s and `From ` gets one `>` more. In front of each message stand its `Status`,
//! `X-Status` and `X-Keywords`, which the import takes away again. Times are whole seconds, and a message that does not end
//! with a line end gets one: the form has no more.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocol::{Flags, Scalar};

use super::super::Imported;
use super::super::line::{Lines, without_end};
use super::letters;

const STATUS: [(char, Flags); 1] = [('R', Flags::SEEN)];
const X_STATUS: [(char, Flags); 4] =
    [('A', Flags::ANSWERED), ('F', Flags::FLAGGED), ('D', Flags::DELETED), ('T', Flags::DRAFT)];
/// What has no letter is a keyword.
const LETTERED: Flags =
    Flags::SEEN.union(Flags::ANSWERED).union(Flags::FLAGGED).union(Flags::DELETED).union(Flags::DRAFT);

/// An mbox file that is being written.
#[derive(Debug)]
pub(crate) struct Mbox {
    file: BufWriter<File>,
    path: PathBuf,
    unfinished: Unfinished,
}

/// The file while it has not its name yet; removed when it never gets it.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is not there when it has got its name.
        _ = std::fs::remove_file(&self.0);
    }
}

impl Mbox {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists already"));
        }
        let unfinished = path.with_extension("mbox.unfinished");
        let file = File::create(&unfinished)?;
        let file = BufWriter::with_capacity(256 * 1024, file);
        Ok(Self { file, path: path.to_owned(), unfinished: Unfinished(unfinished) })
    }

    pub(super) fn write(&mut self, message: &Imported) -> io::Result<()> {
        let file = &mut self.file;
        let time = Timestamp::from_millisecond(message.internal_date).unwrap_or_default();
        writeln!(file, "From MAILER-DAEMON {}", time.strftime("%a %b %e %H:%M:%S %Y"))?;
        let (status, x_status) = (letters(&STATUS, message.flags), letters(&X_STATUS, message.flags));
        let keywords = message.flags.without(LETTERED.union(Flags::RECENT)).to_wire().replace(',', " ");
        write!(file, "Status: {status}O\nX-Status: {x_status}\nX-Keywords: {keywords}\n")?;
        for line in Lines::ending(&message.raw, b'\n') {
            let line = without_end(message.raw.get(line).unwrap_or_default());
            let quotes = line.iter().take_while(|byte| **byte == b'>').count();
            if line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From ")) {
                file.write_all(b">")?;
            }
            file.write_all(line)?;
            file.write_all(b"\n")?;
        }
        file.write_all(b"\n")
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.unfinished.0, &self.path)
    }
}
