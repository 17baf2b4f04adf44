//! `folderSearch`: which messages of a folder match?

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use protocol::{ErrorCode, FolderSearch, FolderSearchResult, Rights, SearchEnd};
use tokio::time::Instant;

use super::view::number;
use crate::failure::Failure;
use crate::mailbox::Row;
use crate::search::{Query, Search};
use crate::session::{Session, Step};

/// How long is looked at most, in seconds, and if nothing else is said: other requests of the session wait meanwhile.
const LONGEST: u32 = 60;
const USUAL: u32 = 10;
/// Results that are sent at once.
const PAGE: usize = 500;

pub(super) fn handle(session: &Session, request: FolderSearch) -> Result<Step, Failure> {
    let folder = super::folder(session, &request.folder)?;
    let query = Query::read(&request.filter).map_err(|reason| {
        Failure::because(ErrorCode::BadRequest, format!("the attribute filter is wrong: {reason}"))
    })?;
    let seconds = request.timeout.unwrap_or(USUAL).min(LONGEST);
    let (gate, view) = (folder.gate().clone(), folder.folder.view().clone());
    let limit = request.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let deadline = Instant::now() + Duration::from_secs(seconds.into());
    let (hub, zone) = (Arc::clone(&session.hub), session.zone.clone());
    let run = async move {
        let mailbox = gate.pass(Rights::READ).await?.id();
        Search { mailbox, view, query, limit, deadline, zone }.run(hub).await
    };
    Ok(Step::after(run, move |session, reply, outcome| {
        let outcome = outcome?;
        let results = Results { folder: request.folder, found: outcome.found.into(), end: outcome.end };
        results.send(session, reply)
    }))
}

struct Results {
    folder: String,
    found: VecDeque<(usize, Row)>,
    end: Option<SearchEnd>,
}

impl Results {
    /// Sends some of them, and the others when there is room for them.
    fn send(mut self, session: &mut Session, reply: &crate::session::Reply) -> Result<Step, Failure> {
        let result =
            FolderSearchResult { folder: self.folder.clone(), index: None, uid: None, partial: None };
        for (index, row) in self.found.drain(..PAGE.min(self.found.len())) {
            session.send(
                reply,
                FolderSearchResult { index: Some(number(index)), uid: Some(row.uid), ..result.clone() },
            );
        }
        if !self.found.is_empty() {
            return Ok(Step::after(std::future::ready(()), move |session, reply, ()| {
                self.send(session, reply)
            }));
        }
        if self.end.is_some() {
            session.send(reply, FolderSearchResult { partial: self.end, ..result });
        }
        Ok(Step::Done)
    }
}
