//! What the application asks of the hub, and is answered in every case.

use super::io::Output;
use super::machine::Tab;
use crate::card::Reply;
use crate::error::{Error, ErrorKind};
use crate::link::ForHub;
use crate::session::Token;

const OUTDATED: &str = "a newer version of this application runs in another tab: reload the page";
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

    /// A newer version has the phone, and nobody answers a page of this one.
    pub(super) fn take_requests_back(&mut self) {
        self.outbox.keep(|item| request(item).is_none());
        self.give_up_requests(OUTDATED);
    }

    /// Answers what no hub will be asked.
    fn give_up_requests(&mut self, why: &str) {
        for token in self.asked.clone() {
            if !self.outbox.any(|item| request(item) == Some(token)) {
                self.answer(token, Err(Error::new(ErrorKind::Hub, why)));
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
