//! What an integrator decides about calls.

use std::fmt;
use std::time::Duration;

use crate::call::PLACEHOLDER;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How calls are treated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The operator's user id on the portal.
    pub user_id: u64,
    /// Whether there is a softphone. Without one nothing is dialled, whoever asks for it.
    pub softphone: bool,
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
    /// The source of such an entity: a `STATUS_ID` of the portal's sources, `CALL` where it is absent.
    pub crm_source: Option<String>,
    /// The number under which a caller is registered who withholds theirs: the portal takes none without a
    /// digit.
    pub withheld: String,
    /// Whether the portal tells the operator's chat about each call.
    pub add_to_chat: bool,
    /// Who keeps the calls' records on the portal.
    pub records: Records,
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
            softphone: true,
            lines: Vec::new(),
            auto_dial: true,
            transfer: TransferMode::default(),
            second_call: SecondCall::default(),
            sound_on_card: true,
            crm_create: true,
            crm_source: None,
            withheld: PLACEHOLDER.to_owned(),
            add_to_chat: true,
            records: Records::default(),
            external_id_prefix: external_id_prefix.into(),
            texts: StatusTexts::default(),
            patience: Patience::default(),
        }
    }
}

/// What the card's transfer button begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferMode {
    /// The colleague is asked first, while the customer waits.
    #[default]
    Attended,
    /// The customer is sent there at once.
    Blind,
}

/// What becomes of a caller while a call is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecondCall {
    /// Hears busy (SIP 486), and is recorded.
    #[default]
    Reject,
    /// Waits, hearing it ring; takes the card when the call before is over.
    Wait,
}

/// Who keeps the calls' records on the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Records {
    /// The worker registers each call, and finishes it.
    #[default]
    Worker,
    /// The PBX's own connector does both, and shows the card; the worker finds it and drives it.
    Backend,
}

/// How long the session waits for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// How long a failed outgoing call offers the redial button (20 s).
    pub redial: Duration,
    /// How long a broken call shows its cause (8 s).
    pub error: Duration,
    /// How long the card says that a call was handed over (3 s).
    pub handed_over: Duration,
    /// How long the softphone may take to end a call that was hung up (5 s).
    pub hang_up: Duration,
    /// How long the softphone may take over a step of a transfer (60 s).
    pub transfer: Duration,
    /// How long a registered call's card may take to appear before it is asked for again (5 s).
    pub card: Duration,
    /// The pause before a failed REST call is tried again; doubles each time (1 s).
    pub retry: Duration,
    /// The longest such pause (10 min, which is how long the portal may refuse an application).
    pub retry_max: Duration,
    /// How long an outgoing call waits for the softphone to be registered (5 s), then it is dialled all the same.
    pub sign_on: Duration,
    /// How long an outgoing call may wait to be registered before it is given up (15 s).
    pub register: Duration,
    /// For how long `register` is tried, also after the call (25 min): the portal knows a call by its
    /// `EXTERNAL_CALL_ID` for half an hour, and would take a later try for another one.
    pub register_for: Duration,
    /// For how long `finish` is tried after the call's end (48 h).
    pub finish_for: Duration,
    /// How long a card waits for `finish` to take it away (3 s), before it is closed, which would lose
    /// a comment that is being written.
    pub card_kept: Duration,
    /// How long a call goes on while no page of the portal is open (20 s).
    pub away: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            redial: Duration::from_secs(20),
            error: Duration::from_secs(8),
            handed_over: Duration::from_secs(3),
            hang_up: Duration::from_secs(5),
            transfer: Duration::from_secs(60),
            card: Duration::from_secs(5),
            retry: Duration::from_secs(1),
            retry_max: Duration::from_secs(600),
            sign_on: Duration::from_secs(5),
            register: Duration::from_secs(15),
            register_for: Duration::from_secs(25 * 60),
            finish_for: Duration::from_secs(48 * 3600),
            card_kept: Duration::from_secs(3),
            away: Duration::from_secs(20),
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

// Read by hand: a derived reader of so many texts is a tenth of the module that every tab loads.
macro_rules! status_texts {
    ($($field:ident $name:literal $english:literal)*) => {
        /// The texts in the middle of the card.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs)] // each is named by what it says
        pub struct StatusTexts {
            $(pub $field: String,)*
        }

        impl Default for StatusTexts {
            fn default() -> Self {
                Self {
                    $($field: $english.to_owned(),)*
                }
            }
        }

        impl StatusTexts {
            /// The text of this name, as JavaScript spells it.
            fn named(&mut self, name: &str) -> Option<&mut String> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }

        impl Serialize for StatusTexts {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map([$(($name, Some(&self.$field)),)*])
            }
        }
    };
}

status_texts! {
    withheld "withheld" "Number withheld"
    incoming "incoming" "Incoming call"
    answering "answering" "Connecting…"
    ready "ready" "Ready to call"
    dialing "dialing" "Calling…"
    ringing "ringing" "Ringing…"
    connected "connected" "Connected"
    on_hold "onHold" "On hold"
    held_by_remote "heldByRemote" "The other side holds the call"
    muted "muted" "Microphone off"
    busy "busy" "The line is busy"
    declined "declined" "The call was declined"
    no_answer "noAnswer" "No answer"
    wrong_number "wrongNumber" "The number can't be reached"
    no_money "noMoney" "Not enough money on the account"
    failed "failed" "The call failed"
    connection_lost "connectionLost" "The connection was lost"
    media_lost "mediaLost" "No sound: restoring the connection…"
    sound_elsewhere "soundElsewhere" "Connected; the sound is in another tab"
    still_muted "stillMuted" "Still muted: click once more to switch the microphone on"
    caller_waits "callerWaits" "Connected; another caller is waiting"
    nothing_heard "nothingHeard" "Nothing comes from the other side"
    nothing_sent "nothingSent" "The other side can't hear you"
    microphone_silent "microphoneSilent" "Your microphone picks up nothing"
    transfer_calling "transferCalling" "The customer is on hold; calling your colleague…"
    transfer_ringing "transferRinging" "The customer is on hold; your colleague's phone rings…"
    transfer_talking "transferTalking" "You talk to your colleague; the customer is on hold"
    transfer_joining "transferJoining" "Handing the call over…"
    handed_over "handedOver" "The call was handed over"
    transfer_failed "transferFailed" "The transfer failed; the customer is on hold"
    outdated "outdated" "Reload this page: the phone was updated"
}

impl<'de> Deserialize<'de> for StatusTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = StatusTexts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts by name")
    }

    /// Those that are absent stay English.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StatusTexts, A::Error> {
        let mut texts = StatusTexts::default();
        while let Some(name) = map.next_key::<String>()? {
            let Some(text) = texts.named(&name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if let Some(given) = map.next_value::<Option<String>>()? {
                *text = given;
            }
        }
        Ok(texts)
    }
}
