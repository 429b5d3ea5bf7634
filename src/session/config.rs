//! What an integrator decides about calls.

use std::time::Duration;

use serde::Deserialize;

/// How a [`Session`](super::Session) treats calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The operator's user id on the portal.
    pub user_id: u64,
    /// The numbers of this softphone's lines. A card of an outgoing call that the portal itself has
    /// registered (click-to-call) is taken for ours when its line is among them; all applications
    /// on a page see the same card, so without a line none is taken.
    pub lines: Vec<String>,
    /// Whether a click on a number dials at once (`true`), or shows the card's call button first.
    pub auto_dial: bool,
    /// What the card's transfer button begins.
    pub transfer: TransferMode,
    /// What becomes of a caller while a call is up.
    pub second_call: SecondCall,
    /// Whether the card says when somebody can't hear.
    pub sound_on_card: bool,
    /// Whether the portal creates a CRM entity for an unknown number.
    pub crm_create: bool,
    /// Whether the portal tells the operator's chat about each call.
    pub add_to_chat: bool,
    /// Begins each `EXTERNAL_CALL_ID`; must differ between workers, so that no two calls share one.
    pub external_id_prefix: String,
    /// The texts in the middle of the card.
    pub texts: StatusTexts,
    /// The session's patience.
    pub patience: Patience,
}

impl Config {
    /// The defaults, for this user; `external_id_prefix` must be unique to this worker.
    #[must_use]
    pub fn new(user_id: u64, external_id_prefix: impl Into<String>) -> Self {
        Self {
            user_id,
            lines: Vec::new(),
            auto_dial: true,
            transfer: TransferMode::default(),
            second_call: SecondCall::default(),
            sound_on_card: true,
            crm_create: true,
            add_to_chat: true,
            external_id_prefix: external_id_prefix.into(),
            texts: StatusTexts::default(),
            patience: Patience::default(),
        }
    }
}

/// What the card's transfer button begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferMode {
    /// The colleague is asked first, while the customer waits.
    #[default]
    Attended,
    /// The customer is sent there at once.
    Blind,
}

/// What becomes of a caller while a call is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecondCall {
    /// Hears busy (SIP 486), and is recorded.
    #[default]
    Reject,
    /// Waits, hearing it ring; takes the card when the call before is over.
    Wait,
}

/// How long the session waits for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a failed outgoing call offers the redial button (20 s).
    pub redial: Duration,
    /// How long a broken call shows its cause (8 s).
    pub error: Duration,
    /// How long the softphone may take to end a call that was hung up (5 s).
    pub hang_up: Duration,
    /// How long the softphone may take over a step of a transfer (60 s).
    pub transfer: Duration,
    /// How long a registered call's card may take to appear before it is asked for again (5 s).
    pub card: Duration,
    /// The pause before a failed REST call is tried again; doubles each time (1 s).
    pub retry: Duration,
    /// The longest such pause (60 s).
    pub retry_max: Duration,
    /// How long an outgoing call may wait to be registered before it is given up (15 s).
    pub register: Duration,
    /// How often `register` is tried (12), also after the call.
    pub register_tries: u32,
    /// How often `finish` is tried (12).
    pub finish_tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            redial: Duration::from_secs(20),
            error: Duration::from_secs(8),
            hang_up: Duration::from_secs(5),
            transfer: Duration::from_secs(60),
            card: Duration::from_secs(5),
            retry: Duration::from_secs(1),
            retry_max: Duration::from_secs(60),
            register: Duration::from_secs(15),
            register_tries: 12,
            finish_tries: 12,
        }
    }
}

impl Patience {
    /// The pause after the `tries`-th failure.
    pub(crate) fn backoff(&self, tries: u32) -> Duration {
        let doubled = self
            .retry
            .saturating_mul(1 << tries.saturating_sub(1).min(16));
        doubled.min(self.retry_max)
    }
}

/// The texts in the middle of the card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)] // each is named by what it says
pub struct StatusTexts {
    pub incoming: String,
    pub answering: String,
    pub ready: String,
    pub dialing: String,
    pub ringing: String,
    pub connected: String,
    pub on_hold: String,
    pub held_by_remote: String,
    pub muted: String,
    pub busy: String,
    pub declined: String,
    pub no_answer: String,
    pub wrong_number: String,
    pub no_money: String,
    pub failed: String,
    pub connection_lost: String,
    pub media_lost: String,
    pub caller_waits: String,
    pub nothing_heard: String,
    pub nothing_sent: String,
    pub microphone_silent: String,
    pub transfer_calling: String,
    pub transfer_ringing: String,
    pub transfer_talking: String,
    pub transfer_joining: String,
    pub transfer_failed: String,
}

impl Default for StatusTexts {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            incoming: text("Incoming call"),
            answering: text("Connecting…"),
            ready: text("Ready to call"),
            dialing: text("Calling…"),
            ringing: text("Ringing…"),
            connected: text("Connected"),
            on_hold: text("On hold"),
            held_by_remote: text("The other side holds the call"),
            muted: text("Microphone off"),
            busy: text("The line is busy"),
            declined: text("The call was declined"),
            no_answer: text("No answer"),
            wrong_number: text("The number can't be reached"),
            no_money: text("Not enough money on the account"),
            failed: text("The call failed"),
            connection_lost: text("The connection was lost"),
            media_lost: text("No sound: restoring the connection…"),
            caller_waits: text("Connected; another caller is waiting"),
            nothing_heard: text("Nothing comes from the other side"),
            nothing_sent: text("The other side can't hear you"),
            microphone_silent: text("Your microphone picks up nothing"),
            transfer_calling: text("The customer is on hold; calling your colleague…"),
            transfer_ringing: text("The customer is on hold; your colleague's phone rings…"),
            transfer_talking: text("You talk to your colleague; the customer is on hold"),
            transfer_joining: text("Handing the call over…"),
            transfer_failed: text("The transfer failed; the customer is on hold"),
        }
    }
}
