//! The page's card: its events and answers, and the commands that go to it.

use std::time::Duration;

use super::card_handle::{CardHandle, CardRequest, CardSerial};
use super::io::{Output, TabEvent};
use super::machine::Tab;
use super::page_card::PageCard;
use crate::card::{CallInfo, CardCommand, CardEvent, Reply};
use crate::error::{Error, ErrorKind};
use crate::link::ForHub;
use crate::session::{CardSeen, News, OperatorAction, Token};
use crate::time::Instant;

/// What the page has kept for its worker is told to it by then.
const JUST_BEGUN: Duration = Duration::from_secs(1);

impl Tab {
    pub(super) fn handle_card(&mut self, now: Instant, event: CardEvent) {
        if let CardEvent::Initialized(info) = event {
            return self.handle_initialized(now, info);
        }
        self.crm_announced |= matches!(event, CardEvent::EntityChanged(_));
        self.tell(TabEvent::Card(event.clone()));
        let Some(card) = &mut self.card else { return };
        let (believed, commands) = card.clicked(now, &event, &self.config.texts);
        let call_id = card.call_id.clone();
        if matches!(event, CardEvent::Close) {
            self.drop_card();
        } else {
            self.command(commands);
        }
        if let (true, Some(action)) = (believed, OperatorAction::of_click(&event)) {
            self.outbox.push(ForHub::Click { call_id, action });
        }
    }

    fn handle_initialized(&mut self, now: Instant, info: CallInfo) {
        let crm = std::mem::take(&mut self.crm_announced);
        self.drop_card();
        self.cards += 1;
        let serial = CardSerial(self.cards);
        // What was raised before anybody listened may be folded by now.
        let fresh = self
            .begun
            .is_some_and(|begun| now.since(begun) > JUST_BEGUN);
        self.card = Some(PageCard::new(now, serial, info.call_id.clone(), crm, fresh));
        self.outbox.push(ForHub::CardSeen(CardSeen::from(&info)));
        self.tell(TabEvent::CardInitialized {
            card: CardHandle::new(serial, info.call_id.clone()),
            call: info,
        });
        // What is known of its call already is shown at once.
        self.follow_order(now);
        self.say_outdated(now);
    }

    /// The portal shows the card in this page, too, though nobody drives it here.
    pub(super) fn say_outdated(&mut self, now: Instant) {
        if let Some(card) = self.card.as_mut().filter(|_| self.outdated) {
            let commands = card.give_up(now, &self.config.texts.outdated);
            self.command(commands);
        }
    }

    pub(super) fn handle_reply(
        &mut self,
        serial: CardSerial,
        command: &CardCommand,
        token: Option<Token>,
        result: Result<Reply, Error>,
    ) {
        let current = self.card.as_mut().filter(|card| card.serial == serial);
        if let Some(card) = current {
            card.answered(command, result.as_ref().ok());
            match &result {
                // Closed without an event: Esc, another tab, a `finish`.
                Err(error) if error.kind() == ErrorKind::CardUndefined => {
                    let call_id = card.call_id.clone();
                    self.drop_card();
                    self.outbox.push(ForHub::CardGone(call_id));
                }
                _ if token.is_none() && card.closes_on(command) => {
                    self.command(vec![CardCommand::Close {}]);
                }
                Ok(_) if card.is_stuck() && self.raised_anew.as_ref() != Some(&card.call_id) => {
                    // The hub asks for the card that is missing then.
                    self.raised_anew = Some(card.call_id.clone());
                    self.command(vec![CardCommand::Close {}]);
                }
                Err(error) if token.is_none() => {
                    self.tell(TabEvent::News(News::Error(error.clone())))
                }
                _ => {}
            }
        }
        if let Some(token) = token {
            self.outputs.push_back(Output::Answer { token, result });
        }
    }

    /// A command of the application, with the proof of its card.
    pub(super) fn handle_request(&mut self, now: Instant, request: CardRequest, token: Token) {
        let CardRequest { serial, command } = request;
        let Some(card) = self.card.as_mut().filter(|card| card.serial == serial) else {
            let result = Err(Error::card_closed());
            return self.outputs.push_back(Output::Answer { token, result });
        };
        card.requested(now, &command);
        let closes = command == CardCommand::Close {};
        self.outputs.push_back(Output::Card {
            serial,
            command,
            token: Some(token),
        });
        if closes {
            self.drop_card();
        }
    }

    /// Sends commands of ours.
    pub(super) fn command(&mut self, commands: Vec<CardCommand>) {
        let Some(serial) = self.card.as_ref().map(|card| card.serial) else {
            return;
        };
        let closes = commands.contains(&CardCommand::Close {});
        self.outputs
            .extend(commands.into_iter().map(|command| Output::Card {
                serial,
                command,
                token: None,
            }));
        if closes {
            self.drop_card();
        }
    }

    /// The card is no longer there.
    fn drop_card(&mut self) {
        self.crm_announced = false;
        if let Some(card) = self.card.take() {
            let call_id = card.call_id;
            self.tell(TabEvent::CardClosed { call_id });
        }
    }

    pub(super) fn tell(&mut self, event: TabEvent) {
        self.outputs.push_back(Output::Event(event));
    }
}
