//! What the application asks of the hub, and is answered in every case.

use super::io::Output;
use super::machine::Tab;
use crate::card::Reply;
use crate::error::{Error, ErrorKind};
use crate::link::ForHub;
use crate::session::Token;

/// Why a page does nothing any more.
pub(crate) const OUTDATED: &str =
    "a newer version of this application runs in another tab: reload the page to use it here, too";
const UNANSWERED: &str =
    "the hub ended before it had answered: see whether it was done (`call`), and ask again";

impl Tab {
    pub(super) fn ask(&mut self, token: Token, item: ForHub) {
        self.asked.push(token);
        if self.outdated {
            self.give_up_requests(OUTDATED);
        } else {
            self.outbox.push(item);
        }
    }

    /// Once, and nothing where it is not waited for any more.
    pub(super) fn answer(&mut self, token: Token, result: Result<Reply, Error>) {
        let before = self.asked.len();
        self.asked.retain(|asked| *asked != token);
        if self.asked.len() < before {
            self.outputs.push_back(Output::Answer { token, result });
        }
    }

    /// The hub is gone that has taken them. The next one is asked what was not taken.
    pub(super) fn requests_are_lost(&mut self) {
        self.give_up_requests(UNANSWERED);
    }

    /// A newer version has the phone, and nobody hears a page of this one.
    pub(super) fn is_outdated(&mut self) {
        (self.outdated, self.greets) = (true, false);
        self.waits_since = None;
        self.outbox.clear();
        self.give_up_requests(OUTDATED);
    }

    /// Answers what no hub will be asked.
    fn give_up_requests(&mut self, why: &str) {
        for token in std::mem::take(&mut self.asked) {
            if self.outbox.any(|item| request(item) == Some(token)) {
                self.asked.push(token);
            } else {
                let result = Err(Error::new(ErrorKind::Hub, why));
                self.outputs.push_back(Output::Answer { token, result });
            }
        }
    }
}

fn request(item: &ForHub) -> Option<Token> {
    match item {
        ForHub::Operator { token, .. } | ForHub::Once { token, .. } => Some(*token),
        _ => None,
    }
}
