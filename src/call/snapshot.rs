//! A call as an application sees it.

use serde::{Deserialize, Serialize};

use super::Call;
use super::leg::Leg;
use super::transfer::TransferPhase;
use crate::card::{CallId, CrmEntity};
use crate::rest::{Finished, StatusCode};
use crate::softphone::Headers;

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// A customer calls.
    Incoming,
    /// The operator calls.
    Outgoing,
}

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallPhase {
    /// An incoming call rings.
    Ringing,
    /// Answered, being connected.
    Answering,
    /// An outgoing call that is not dialled yet.
    Ready,
    /// Dialling, or the far end rings.
    Dialing,
    /// The two sides talk.
    Connected,
    /// Hung up, or handed over; it is about to end.
    Ending,
    /// Failed; the card says why or offers to dial again.
    Failed,
}

/// A call at one moment, as an application sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSnapshot {
    /// The portal's name of the call, once it is registered.
    pub call_id: Option<CallId>,
    /// The softphone's name of it.
    pub phone_call_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// The other side's number; `None` when withheld.
    pub number: Option<String>,
    /// The other side's name, if the softphone knows it.
    pub display_name: Option<String>,
    /// The line of the call.
    pub line: Option<String>,
    /// The call list it belongs to, where a campaign has asked for it.
    pub call_list_id: Option<String>,
    /// Where it is.
    pub state: CallPhase,
    /// Whether the microphone is muted.
    pub muted: bool,
    /// Whether this side holds the call.
    pub held: bool,
    /// Whether the other side holds it.
    pub held_by_remote: bool,
    /// Whether its media path has broken and is being mended.
    pub media_lost: bool,
    /// What is to be dialled now that the far end has answered, an extension say; `,` is a pause.
    pub tones: Option<String>,
    /// The headers of the INVITE that the softphone was told to hand on, by their names.
    pub headers: Headers,
    /// Where its transfer is, while there is one.
    pub transfer: Option<TransferPhase>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallEnd {
    /// The portal's name of the call, if it was registered.
    pub call_id: Option<CallId>,
    /// The softphone's name of it.
    pub phone_call_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// How long the two sides talked, in whole seconds.
    pub duration: u64,
    /// How it went, as the portal records it.
    pub status_code: StatusCode,
    /// A stable code or a sentence, where it failed.
    pub reason: Option<String>,
}

/// What the portal has made of a call's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// Its id in the statistics.
    pub id: Option<u64>,
    /// The duration that it says, in seconds.
    pub duration: Option<u64>,
    /// The activity that the CRM shows for it.
    pub crm_activity_id: Option<u64>,
    /// Whose call it is.
    pub crm_entity: Option<CrmEntity>,
}

impl From<Finished> for CallRecord {
    fn from(finished: Finished) -> Self {
        Self {
            id: finished.id,
            duration: finished.call_duration,
            crm_activity_id: finished.crm_activity_id,
            crm_entity: CrmEntity::new(finished.crm_entity_type, finished.crm_entity_id),
        }
    }
}

impl Call {
    pub(crate) fn snapshot(&self) -> CallSnapshot {
        CallSnapshot {
            call_id: self.record.call_id().cloned(),
            phone_call_id: self.phone_id.0.clone(),
            direction: self.direction,
            number: self.number.clone(),
            display_name: self.display_name.clone(),
            line: self.line.clone(),
            call_list_id: self.call_list_id.clone(),
            state: match &self.leg {
                Leg::Ringing => CallPhase::Ringing,
                Leg::Answering => CallPhase::Answering,
                Leg::Ready { .. } => CallPhase::Ready,
                Leg::Dialing { .. } => CallPhase::Dialing,
                Leg::Up { .. } | Leg::Lost { .. } => CallPhase::Connected,
                Leg::Ending { .. } => CallPhase::Ending,
                Leg::Over(outcome) if outcome.is_handed_over() => CallPhase::Ending,
                Leg::Over(_) => CallPhase::Failed,
            },
            muted: self.muted.is_on(),
            held: self.held.is_on(),
            held_by_remote: self.held_by_remote,
            media_lost: self.media_lost || self.is_lost(),
            tones: self.tones.clone().filter(|_| self.is_up()),
            headers: self.headers.clone(),
            transfer: self.transfer.as_ref().map(|transfer| transfer.phase),
        }
    }
}
