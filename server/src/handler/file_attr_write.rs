//! `fileAttrWrite`: say who else may do what with a file.

use std::sync::Arc;

use protocol::{ErrorCode, FileAcl, FileAclEntry, FileAttrWrite, FilePasswords};
use storage::FileRight;

use crate::failure::Failure;
use crate::file::{FileRef, Right};
use crate::session::{Session, Step};

/// Entries that the rights of a file have at most, and passwords.
const MOST_ENTRIES: usize = 1_000;
const MOST_PASSWORDS: usize = 16;
/// The longest name, password and rights, in bytes.
const LONGEST: usize = 255;

pub(super) fn handle(session: &Session, request: FileAttrWrite) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse(&request.file_name, &account)?;
    if name.is_private() {
        let text = "nothing in private/ can be given to others: move it elsewhere";
        return Err(Failure::because(ErrorCode::FileAccessDenied, text));
    }
    let rights = request.acl.map(rights).transpose()?;
    let passwords = request.passwords.map(passwords).transpose()?;
    let hub = Arc::clone(&session.hub);
    let write = async move {
        let owner = name.grant(&hub, &account, Right::Administer).await?;
        let seal = |password: String| hub.accounts.seal_file_password(owner, &password);
        let passwords = passwords.map(|all| all.into_iter().map(seal).collect());
        Ok::<_, Failure>(
            hub.storage.set_file_attributes(owner, name.path().clone(), rights, passwords).await?,
        )
    };
    Ok(Step::after(write, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

fn refuse<T>(text: &'static str) -> Result<T, Failure> {
    Err(Failure::because(ErrorCode::BadRequest, text))
}

fn rights(FileAcl(entries): FileAcl) -> Result<Vec<FileRight>, Failure> {
    if entries.len() > MOST_ENTRIES {
        return refuse("an ACL has 1000 entries at most");
    }
    let mut rights: Vec<FileRight> = Vec::with_capacity(entries.len());
    for FileAclEntry { who, rights: letters } in entries {
        let who = who.trim().to_lowercase();
        if who.is_empty() || who.len() > LONGEST || who.chars().any(char::is_control) {
            return refuse("the key of an ACL should be the name of an account, or anyone");
        }
        if letters.len() > LONGEST || !letters.chars().all(|c| c.is_ascii_alphanumeric()) {
            return refuse("the rights in an ACL should be letters, such as lr");
        }
        rights.push(FileRight { who, rights: letters });
    }
    rights.sort();
    if rights.iter().zip(rights.iter().skip(1)).any(|(one, next)| one.who == next.who) {
        return refuse("an ACL names nobody twice");
    }
    Ok(rights)
}

fn passwords(FilePasswords(passwords): FilePasswords) -> Result<Vec<String>, Failure> {
    if passwords.len() > MOST_PASSWORDS {
        return refuse("a file has 16 access passwords at most");
    }
    if passwords.iter().any(|password| password.is_empty() || password.len() > LONGEST) {
        return refuse("an access password has 1 to 255 bytes");
    }
    Ok(passwords)
}
