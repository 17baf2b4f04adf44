//! Which file does a client's name stand for, and may the client do that with it?
//!
//! `path` is a file of the client's own account, `~account@domain/path` one of another. With another's files a client may do
//! what it was granted, by the file or by a directory above it. What is below `private/` is its owner's alone, whatever was
//! granted.

use protocol::ErrorCode;
use storage::{AccountId, File, FilePath, FileRoom, FileStream, Stored};

use crate::account::{Account, Address};
use crate::failure::Failure;
use crate::hub::Hub;
use crate::name::is_own;
use crate::session::Session;

/// What a client is told whose account has no room for more.
pub(crate) const FULL: &str = "file storage is full: remove files to make room";
/// Hundredths of what an account may have at which it is warned.
const WARNED_AT: u64 = 90;
/// The directory that nobody else sees.
const PRIVATE: &str = "private";

/// What can be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// To see that it is there, its size and date, and what is in a directory.
    List,
    /// To read it.
    Read,
    /// To write, rename and remove it.
    Write,
    /// To see and change who else may do what.
    Administer,
}

impl Right {
    /// The letter that stands for it among the rights of a file.
    const fn letter(self) -> char {
        match self {
            Self::List => 'l',
            Self::Read => 'r',
            Self::Write => 'w',
            Self::Administer => 'a',
        }
    }
}

/// A file or directory as a client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRef {
    owner: Owner,
    path: FilePath,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    Own(AccountId),
    Other(Address),
}

impl FileRef {
    /// Reads the name of a file or directory that a client of `account` uses.
    pub(crate) fn parse(text: &str, account: &Account) -> Result<Self, Failure> {
        let (owner, path) = match text.strip_prefix('~') {
            None => (Owner::Own(account.id), text),
            Some(foreign) => {
                let (owner, path) = foreign.split_once('/').unwrap_or((foreign, ""));
                let address = Address::parse(owner).ok_or(ErrorCode::FileAccessDenied)?;
                let owner = if is_own(&address, account) {
                    Owner::Own(account.id)
                } else {
                    // Without a domain it is the user's own.
                    let domain = address.domain.or_else(|| Some(account.domain.clone()));
                    Owner::Other(Address { domain, ..address })
                };
                (owner, path)
            }
        };
        Ok(Self { owner, path: FilePath::parse(path)? })
    }

    /// Reads the name of a file that is no directory.
    pub(crate) fn parse_file(text: &str, account: &Account) -> Result<Self, Failure> {
        let name = Self::parse(text, account)?;
        if name.path.is_root() || text.ends_with('/') {
            return Err(Failure::because(ErrorCode::BadRequest, "this names a directory: name a file in it"));
        }
        Ok(name)
    }

    /// Where it is in its account.
    pub(crate) const fn path(&self) -> &FilePath {
        &self.path
    }

    /// Whether nobody but its owner may ever see it.
    pub(crate) fn is_private(&self) -> bool {
        self.path.first() == PRIVATE
    }

    /// The account that it is in, if a client of `account` may do this with it. Whether a file of another is there is not
    /// told to who may not.
    pub(crate) async fn grant(
        &self,
        hub: &Hub,
        account: &Account,
        right: Right,
    ) -> Result<AccountId, Failure> {
        let address = match &self.owner {
            Owner::Own(id) => return Ok(*id),
            Owner::Other(_) if self.is_private() => return Err(ErrorCode::FileAccessDenied.into()),
            Owner::Other(address) => address,
        };
        let owner = hub.accounts.find(address).await?.ok_or(ErrorCode::FileAccessDenied)?.id;
        let rights = hub.storage.file_rights(owner, &self.path, account.id).await?;
        if owner == account.id || rights.contains(right.letter()) {
            return Ok(owner);
        }
        Err(ErrorCode::FileAccessDenied.into())
    }
}

/// What an account may have in files.
pub(crate) fn room(hub: &Hub) -> FileRoom {
    FileRoom { files: hub.config.files.count.into(), bytes: hub.config.files.size.0 }
}

/// A file that a client of `account` names, as a stream: its length is `FileStream::len`. For attaching it to a message.
pub(crate) async fn open(hub: &Hub, account: &Account, name: &str) -> Result<(File, FileStream), Failure> {
    let name = FileRef::parse_file(name, account)?;
    let owner = name.grant(hub, account, Right::Read).await?;
    Ok(hub.storage.read_file(owner, name.path(), 0..u64::MAX).await?)
}

/// Tells the user when a change has taken the files of the account near to what it may have.
pub(crate) fn warn(session: &mut Session, owner: AccountId, stored: &Stored) {
    let room = room(&session.hub);
    if owner != session.handle.account().id || !room.reached(WARNED_AT, stored.before, stored.after) {
        return;
    }
    let used = |used: u64, room: u64| (u128::from(used) * 100).checked_div(room.into()).unwrap_or(100);
    let (files, bytes) = (used(stored.after.files, room.files), used(stored.after.bytes, room.bytes));
    session.alert(&format!("file storage is {} % full: remove files to make room", files.max(bytes)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, domain: &str) -> Account {
        Account {
            id: AccountId::parse("000000000000001f").unwrap(),
            address: format!("{name}@{domain}"),
            name: name.to_owned(),
            domain: domain.to_owned(),
            real_name: None,
            key_version: 1,
        }
    }

    #[test]
    fn a_name_is_of_the_own_account_or_of_another() {
        let alice = account("Alice", "example.org");
        let name = |text| FileRef::parse(text, &alice).unwrap();
        for own in ["a/b", "~alice/a/b", "~ALICE@Example.org/a/b/"] {
            assert_eq!(name(own), name("a/b"), "{own}");
        }
        for other in ["~bob/a/b", "~alice@example.com/a/b"] {
            assert_ne!(name(other), name("a/b"), "{other}");
            assert_eq!(name(other).path(), name("a/b").path());
        }
        assert!(name("~bob").path().is_root());
        assert!(name("~bob/private/x").is_private() && name("private").is_private());
        assert!(!name("privates/x").is_private() && !name("a/private").is_private());
        for wrong in ["~bob/../x", "~/x", "~bob//x", "~b b/x"] {
            assert!(FileRef::parse(wrong, &alice).is_err(), "{wrong}");
        }
        for directory in ["", "/", "a/", "~bob", "~bob/"] {
            assert!(FileRef::parse_file(directory, &alice).is_err(), "{directory}");
        }
    }
}
