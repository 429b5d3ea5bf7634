//! The page's one card: what it is known to show, and the commands that make it show something else.

use std::time::Duration;

use super::card_handle::CardSerial;
use super::doubt::{Doubt, needs_unfolded};
use crate::card::{CallId, CardCommand, CardEvent, Reply, UiState};
use crate::config::StatusTexts;
use crate::session::{CardOrder, CardView};
use crate::time::Instant;

/// How often the text is said again: the card may have been unfolded, which nothing tells, or have gone, which
/// nothing tells either.
const REPEAT: Duration = Duration::from_secs(5);
/// The state is said again, too, as long as its buttons may not be the ones that are seen. It makes them anew, and a
/// click that has begun on the old ones is lost: so once soon, and then seldom.
const SELDOM: Duration = Duration::from_secs(20);
/// A state that follows so soon on a sign that the card is unfolded was drawn on an unfolded card: folding it takes
/// the operator away from the button that she has just clicked, or from the card that has just come up.
const AT_ONCE: Duration = Duration::from_secs(3);
/// The same for a card that `finish` is about to take away.
const PROBE: Duration = Duration::from_secs(1);
/// A card that appears so long after they began to talk has a timer that would begin anew.
const LATE: Duration = Duration::from_secs(2);
const SECOND: Duration = Duration::from_secs(1);

/// After so many `connected` that nobody has answered, a card with a CRM part will never answer one.
const STUCK: u8 = 4;

/// The page's one card. `None`: not known; a fresh card is not taken for untouched, for a command
/// for the card before it may have hit it.
#[derive(Debug)]
pub(super) struct PageCard {
    pub(super) serial: CardSerial,
    pub(super) call_id: CallId,
    appeared: Instant,
    /// The portal has announced its CRM part.
    crm: bool,
    /// How many `connected` were not answered, since one was.
    silences: u8,
    ui_state: Option<UiState>,
    /// The state whose buttons were drawn on an unfolded card. Whatever the operator folds or unfolds now, the card
    /// shows them.
    seen: Option<UiState>,
    /// The last sign of its being unfolded.
    unfolded: Option<Instant>,
    status_text: Option<String>,
    title: Option<String>,
    /// The application has written a title of its own.
    titled: bool,
    muted: Option<bool>,
    held: Option<bool>,
    /// `SetMute` and `SetHold` that are not answered yet.
    mutes: u32,
    holds: u32,
    doubt: Doubt,
    /// What is said in place of the call's own text, until that changes.
    insists: Option<(String, String)>,
    order: Option<CardOrder>,
    repeat_at: Option<Instant>,
    /// When its state was said last, and how long it stays said.
    drawn: Instant,
    pause: Duration,
}

impl PageCard {
    /// A card that was raised just now (`fresh`) is unfolded.
    pub(super) fn new(
        now: Instant,
        serial: CardSerial,
        call_id: CallId,
        crm: bool,
        fresh: bool,
    ) -> Self {
        Self {
            serial,
            call_id,
            appeared: now,
            crm,
            silences: 0,
            ui_state: None,
            seen: None,
            unfolded: fresh.then_some(now),
            status_text: None,
            title: None,
            titled: false,
            muted: None,
            held: None,
            mutes: 0,
            holds: 0,
            doubt: Doubt::default(),
            insists: None,
            order: None,
            repeat_at: None,
            drawn: now,
            pause: REPEAT,
        }
    }

    /// What the hub says becomes of it; gives the commands that do it.
    pub(super) fn follow(&mut self, now: Instant, order: &CardOrder) -> Vec<CardCommand> {
        let changed = self.order.as_ref() != Some(order);
        self.order = Some(order.clone());
        let commands = match order {
            CardOrder::Show(view) => self.show(now, view, false),
            CardOrder::Keep => {
                if changed {
                    self.repeat_at = Some(now + PROBE);
                }
                Vec::new()
            }
            // It may have gone without a word, and the next call's card have come, which a close would
            // hit: it is asked for first, and closed when it has answered.
            CardOrder::Close if changed => vec![self.probe()],
            CardOrder::Close => Vec::new(),
        };
        if changed && self.repeat_at.is_none() {
            self.repeat_at = Some(now + self.period());
        }
        commands
    }

    /// Nobody drives it any more: it says so, again and again, for the portal drops the words when the CRM
    /// part comes. Its switches stay as they are.
    pub(super) fn give_up(&mut self, now: Instant, status_text: &str) -> Vec<CardCommand> {
        let view = CardView {
            ui_state: UiState::Error,
            title: None,
            status_text: status_text.to_owned(),
            muted: *self.muted.get_or_insert(false),
            held: *self.held.get_or_insert(false),
            since: None,
        };
        self.follow(now, &CardOrder::Show(view))
    }

    /// The moment of [`PageCard::due`] may have come.
    pub(super) fn repeat(&mut self, now: Instant) -> Vec<CardCommand> {
        if self.repeat_at.is_none_or(|at| at > now) {
            return Vec::new();
        }
        self.repeat_at = Some(now + self.period());
        match self.order.clone() {
            Some(CardOrder::Show(view)) => {
                let redraw = now.since(self.drawn) >= self.pause && self.seen != self.ui_state;
                // A card that may be stuck is soon known to be.
                if redraw && !self.is_silent() {
                    self.pause = SELDOM;
                }
                self.status_text = None;
                // The portal writes its own, late.
                self.title = None;
                self.show(now, &view, redraw)
            }
            Some(CardOrder::Keep | CardOrder::Close) => vec![self.probe()],
            None => Vec::new(),
        }
    }

    /// Throws no switch: it only asks whether the card is still there.
    fn probe(&self) -> CardCommand {
        CardCommand::SetMute {
            muted: self.muted.unwrap_or_default(),
        }
    }

    /// Whether it is to be closed, and has answered that it is there.
    pub(super) fn closes_on(&self, command: &CardCommand) -> bool {
        self.order == Some(CardOrder::Close) && *command == self.probe()
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.repeat_at
    }

    fn period(&self) -> Duration {
        match &self.order {
            Some(CardOrder::Show(view)) if self.has_late_timer(view) => SECOND,
            Some(CardOrder::Show(_)) => REPEAT,
            _ => PROBE,
        }
    }

    /// The portal's timer knows only the time since its card was raised. Where they have talked for
    /// longer, the text tells the time.
    fn has_late_timer(&self, view: &CardView) -> bool {
        view.since
            .is_some_and(|since| self.appeared.since(since) > LATE)
    }

    fn show(&mut self, now: Instant, view: &CardView, redraw: bool) -> Vec<CardCommand> {
        let late = self.has_late_timer(view);
        let mut text = view.status_text.clone();
        if let Some((instead_of, insisted)) = &self.insists {
            if *instead_of == text {
                text.clone_from(insisted);
            } else {
                self.insists = None;
            }
        }
        if late && let Some(since) = view.since {
            let talked = now.since(since).as_secs();
            text = format!("{text} · {:02}:{:02}", talked / 60, talked % 60);
        }
        let mut commands = Vec::new();
        if redraw || self.ui_state != Some(view.ui_state) {
            commands.push(CardCommand::SetUiState {
                ui_state: view.ui_state,
                disable_auto_start_timer: late && view.ui_state == UiState::Connected,
            });
        }
        if let Some(title) = view.title.as_ref().filter(|_| !self.titled)
            && self.title.as_ref() != Some(title)
        {
            let title = title.clone();
            commands.push(CardCommand::SetCardTitle { title });
        }
        if self.status_text.as_ref() != Some(&text) {
            commands.push(CardCommand::SetStatusText { status_text: text });
        }
        if self.muted != Some(view.muted) {
            commands.push(CardCommand::SetMute { muted: view.muted });
        }
        if self.held != Some(view.held) {
            commands.push(CardCommand::SetHold { held: view.held });
        }
        for command in &commands {
            self.sent(now, command);
        }
        commands
    }

    /// The application's command is on its way.
    pub(super) fn requested(&mut self, now: Instant, command: &CardCommand) {
        self.titled |= matches!(command, CardCommand::SetCardTitle { .. });
        self.sent(now, command);
    }

    /// This command is on its way.
    fn sent(&mut self, now: Instant, command: &CardCommand) {
        match command {
            CardCommand::SetUiState { ui_state, .. } => {
                if self.ui_state != Some(*ui_state) {
                    let at_once = |at: Instant| now.since(at) <= AT_ONCE;
                    self.seen = self.unfolded.is_some_and(at_once).then_some(*ui_state);
                    self.pause = REPEAT;
                }
                self.ui_state = Some(*ui_state);
                self.drawn = now;
            }
            CardCommand::SetStatusText { status_text } => {
                self.status_text = Some(status_text.clone());
            }
            CardCommand::SetCardTitle { title } => self.title = Some(title.clone()),
            CardCommand::SetMute { muted } => {
                if self.muted.is_some_and(|was| was != *muted) {
                    self.doubt.thrown(self.ui_state);
                }
                self.muted = Some(*muted);
                self.mutes += 1;
            }
            CardCommand::SetHold { held } => {
                self.held = Some(*held);
                self.holds += 1;
            }
            _ => {}
        }
    }

    /// The portal has answered a command, with what: nothing where it refused.
    pub(super) fn answered(&mut self, command: &CardCommand, reply: Option<&Reply>) {
        match command {
            CardCommand::SetUiState { ui_state, .. } if *ui_state == UiState::Connected => {
                self.silences = match reply {
                    Some(Reply::Silent) => self.silences.saturating_add(1),
                    _ => 0,
                };
                if self.is_silent() {
                    self.seen = None;
                }
            }
            CardCommand::SetMute { .. } => self.mutes = self.mutes.saturating_sub(1),
            CardCommand::SetHold { .. } => self.holds = self.holds.saturating_sub(1),
            _ => {}
        }
    }

    /// It has a CRM part, and does not answer `connected` all the same.
    fn is_silent(&self) -> bool {
        self.crm && self.silences > 0
    }

    /// It was folded before its CRM part came: then it has no button but the one to hang up, and can't be
    /// unfolded any more. The sign of it is `connected` that is never answered; a card without a CRM part
    /// never answers that, and is well.
    pub(super) fn is_stuck(&self) -> bool {
        let connected = |order: &CardOrder| matches!(order, CardOrder::Show(view) if view.ui_state == UiState::Connected);
        self.crm && self.silences >= STUCK && self.order.as_ref().is_some_and(connected)
    }

    /// The hub has yet to hear of this click. What it said last, said again, would undo the click.
    fn expect(&mut self, event: &CardEvent) {
        let Some(CardOrder::Show(view)) = &mut self.order else {
            return;
        };
        match event {
            CardEvent::Mute(on) => view.muted = *on,
            CardEvent::Hold(on) => view.held = *on,
            _ => {}
        }
    }

    /// The operator has clicked. Says whether the click is to be believed, and what the card is told.
    pub(super) fn clicked(
        &mut self,
        now: Instant,
        event: &CardEvent,
        texts: &StatusTexts,
    ) -> (bool, Vec<CardCommand>) {
        // A click has thrown one of the card's switches; but a command that is still unanswered was
        // obeyed after that click, and has thrown it again.
        match event {
            CardEvent::Mute(on) if self.mutes == 0 => self.muted = Some(*on),
            CardEvent::Hold(on) if self.holds == 0 => self.held = Some(*on),
            _ => {}
        }
        if needs_unfolded(event) {
            self.seen = self.ui_state;
            self.unfolded = Some(now);
        }
        let refused = self.doubt.refuses(event);
        if !refused {
            self.expect(event);
        }
        if !self.doubt.ends_with(event) {
            return (true, Vec::new());
        }
        self.doubt = Doubt::default();
        self.status_text = None;
        let Some(CardOrder::Show(view)) = self.order.clone() else {
            return (!refused, Vec::new());
        };
        if refused {
            self.insists = Some((view.status_text.clone(), texts.still_muted.clone()));
        }
        let commands = self.show(now, &view, true);
        // What was just thrown is drawn on a card that is known to be unfolded.
        self.doubt = Doubt::default();
        (!refused, commands)
    }
}
