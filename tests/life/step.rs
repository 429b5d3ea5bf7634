//! What can happen.

use b24_background_worker::card::{CardEvent, EntityChange, PhoneNumber, Tone, TransferTarget};
use b24_background_worker::session::OperatorAction;
use b24_background_worker::softphone::EndCause;
use proptest::prelude::*;

pub const REGISTER: &str = "telephony.externalCall.register";
pub const FINISH: &str = "telephony.externalCall.finish";

/// One thing that can happen. A number picks among what is there: a tab, a message.
#[derive(Debug, Clone)]
pub enum Step {
    Ring {
        named: bool,
    },
    Dial(usize),
    ClickToCall,
    AnothersCard,
    Click {
        tab: usize,
        click: Click,
        twice: bool,
    },
    Operate(usize, OperatorAction),
    Signal(usize),
    FarEndRings,
    FarEndAnswers,
    FarEndEnds(EndCause),
    PhoneMutes(bool),
    PhoneKnowsNoTarget,
    ColleagueAnswers,
    ColleagueEnds,
    FarEndIsReplaced,
    MediaFlows(bool),
    PhoneFails(&'static str),
    PhoneForgetsEnds,
    RestFails(&'static str, &'static str),
    AnswerLost(&'static str),
    CardVanishes(usize),
    StaleRequest(usize),
    OpenTab {
        slider: bool,
    },
    CloseTab(usize, bool),
    Navigate(usize),
    Freeze(usize, bool),
    Thaw,
    Visible(usize, bool),
    KillHub,
    Garble(usize, bool),
    Deliver(usize),
    DeliverAll,
    StandStill(u64),
    Pass(u64),
    Calm,
}

/// A click; a switch is thrown to where it does not stand.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // there is one at a time
pub enum Click {
    Mute,
    Hold,
    Other(CardEvent),
}

fn click() -> impl Strategy<Value = Click> {
    let transfer = CardEvent::Transfer(TransferTarget {
        phone_number: None,
        kind: None,
        target: "101".to_owned(),
    });
    let client = CardEvent::EntityChanged(EntityChange {
        crm_entity: None,
        phone_number: PhoneNumber::Known("+15550177".to_owned()),
    });
    let key = CardEvent::Dialpad(Tone::from_key("5").expect("a key"));
    let other = |event| Just(Click::Other(event));
    prop_oneof![
        4 => other(CardEvent::Answer),
        2 => other(CardEvent::Skip),
        4 => other(CardEvent::Hangup),
        3 => Just(Click::Mute),
        3 => Just(Click::Hold),
        2 => other(CardEvent::MakeCall),
        1 => other(CardEvent::Close),
        2 => other(key),
        1 => other(CardEvent::Next),
        1 => other(client),
        1 => other(CardEvent::QualityMeter(4)),
        4 => other(transfer),
        2 => other(CardEvent::CompleteTransfer),
        2 => other(CardEvent::CancelTransfer),
    ]
}

fn operate() -> impl Strategy<Value = OperatorAction> {
    prop_oneof![
        Just(OperatorAction::Answer),
        Just(OperatorAction::HangUp),
        Just(OperatorAction::Skip),
        any::<bool>().prop_map(OperatorAction::SetMuted),
        any::<bool>().prop_map(OperatorAction::SetHeld),
    ]
}

fn cause() -> impl Strategy<Value = EndCause> {
    let statuses = prop::sample::select(vec![402, 404, 480, 486, 487, 603]);
    prop_oneof![
        Just(EndCause::remote(None)),
        Just(EndCause::local()),
        Just(EndCause::default()),
        Just(EndCause::error("ICE_FAILED", "")),
        Just(EndCause::error(EndCause::ANSWERED_ELSEWHERE, "")),
        statuses.prop_map(|status| EndCause::remote(Some(status))),
    ]
}

/// What the operator and the far ends do.
fn calls() -> impl Strategy<Value = Step> {
    let tab = any::<usize>;
    let twice = || prop::bool::weighted(0.2);
    prop_oneof![
        5 => any::<bool>().prop_map(|named| Step::Ring { named }),
        2 => tab().prop_map(Step::Dial),
        2 => Just(Step::ClickToCall),
        1 => Just(Step::AnothersCard),
        14 => (tab(), click(), twice())
            .prop_map(|(tab, click, twice)| Step::Click { tab, click, twice }),
        4 => (tab(), operate()).prop_map(|(tab, action)| Step::Operate(tab, action)),
        2 => tab().prop_map(Step::Signal),
        1 => Just(Step::FarEndRings),
        5 => Just(Step::FarEndAnswers),
        4 => cause().prop_map(Step::FarEndEnds),
        1 => any::<bool>().prop_map(Step::PhoneMutes),
        1 => Just(Step::FarEndIsReplaced),
        1 => any::<bool>().prop_map(Step::MediaFlows),
        3 => Just(Step::ColleagueAnswers),
        2 => Just(Step::ColleagueEnds),
        1 => tab().prop_map(Step::StaleRequest),
    ]
}

/// What breaks.
fn faults() -> impl Strategy<Value = Step> {
    let method = || prop::sample::select(vec![REGISTER, FINISH]);
    let code = prop::sample::select(vec!["QUERY_LIMIT_EXCEEDED", "TIMEOUT", "ERROR_CORE"]);
    let phone = prop::sample::select(vec![
        "dial",
        "answer",
        "hangUp",
        "reject",
        "setHeld",
        "setMuted",
        "transfer",
        "completeTransfer",
    ]);
    prop_oneof![
        1 => Just(Step::PhoneKnowsNoTarget),
        1 => phone.prop_map(Step::PhoneFails),
        1 => Just(Step::PhoneForgetsEnds),
        2 => (method(), code).prop_map(|(method, code)| Step::RestFails(method, code)),
        1 => method().prop_map(Step::AnswerLost),
        1 => any::<usize>().prop_map(Step::CardVanishes),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(chance, lost)| Step::Garble(chance, lost)),
    ]
}

/// What becomes of pages and hub.
fn pages() -> impl Strategy<Value = Step> {
    let tab = any::<usize>;
    let told = any::<bool>;
    prop_oneof![
        4 => prop::bool::weighted(0.2).prop_map(|slider| Step::OpenTab { slider }),
        3 => (tab(), told()).prop_map(|(tab, told)| Step::CloseTab(tab, told)),
        2 => tab().prop_map(Step::Navigate),
        2 => (tab(), told()).prop_map(|(tab, told)| Step::Freeze(tab, told)),
        3 => Just(Step::Thaw),
        1 => (tab(), any::<bool>()).prop_map(|(tab, visible)| Step::Visible(tab, visible)),
        1 => Just(Step::KillHub),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => calls(),
        5 => faults(),
        4 => pages(),
        16 => any::<usize>().prop_map(Step::Deliver),
        6 => Just(Step::DeliverAll),
        2 => Just(Step::Calm),
        1 => (0u64..14).prop_map(Step::StandStill),
        2 => (0u64..40).prop_map(Step::Pass),
    ]
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60)
}
