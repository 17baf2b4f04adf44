//! `messageMark`: set and clear flags.

use protocol::{FlagTerms, Flags, MessageMark, Rights};

use super::selection::Selection;
use crate::failure::Failure;
use crate::mailbox::Command;
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: MessageMark) -> Result<Step, Failure> {
    let selection = Selection::of(super::folder(session, &request.folder)?, request.set);
    let mark = async move {
        let (mailbox, uids) = selection.open(needed(request.flags)).await?;
        mailbox.ask(|reply| Command::Mark(uids, request.flags, reply)).await?
    };
    Ok(Step::after(mark, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

/// The rights to set and clear these flags.
fn needed(terms: FlagTerms) -> Rights {
    let changed = terms.set.union(terms.clear);
    let rights = [(Flags::SEEN, Rights::SEEN), (Flags::DELETED, Rights::TRASH)];
    let (mut needed, mut others) = (Rights::NONE, changed);
    for (flag, right) in rights {
        if changed.contains(flag) {
            needed = needed.union(right);
        }
        others = others.without(flag);
    }
    if others == Flags::NONE { needed } else { needed.union(Rights::WRITE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flag_needs_its_right() {
        let terms = |set, clear| FlagTerms { set, clear };
        assert_eq!(needed(terms(Flags::SEEN, Flags::NONE)), Rights::SEEN);
        assert_eq!(needed(terms(Flags::NONE, Flags::DELETED)), Rights::TRASH);
        assert_eq!(needed(terms(Flags::FLAGGED, Flags::SEEN)), Rights::WRITE.union(Rights::SEEN));
        assert_eq!(needed(terms(Flags::NONE, Flags::NONE)), Rights::NONE);
    }
}
