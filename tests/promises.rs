//! What holds whatever happens, and in whatever order: safety, and that the next call still rings.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::time::Duration;

use b24_background_worker::card::{CardEvent, Tone, TransferTarget, UiState};
use b24_background_worker::rest::RestFailure;
use b24_background_worker::session::{
    CallPhase, Config, Input, OperatorAction, SecondCall, TransferMode, TransferPhase,
};
use b24_background_worker::softphone::{EndCause, EndedBy, PhoneCallId, PhoneEvent};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use world::{LINE, PhoneCall, World};

/// One thing that can happen.
#[derive(Debug, Clone)]
enum Step {
    Ring,
    Dial,
    ClickToCall,
    AnothersCard,
    Click(CardEvent),
    Operate(OperatorAction),
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
    CardVanishes,
    StaleRequest,
    Deliver(usize),
    DeliverAll,
    Pass(u64),
}

const REGISTER: &str = "telephony.externalCall.register";
const FINISH: &str = "telephony.externalCall.finish";

fn step() -> impl Strategy<Value = Step> {
    let click = prop_oneof![
        4 => Just(CardEvent::Answer),
        2 => Just(CardEvent::Skip),
        4 => Just(CardEvent::Hangup),
        3 => any::<bool>().prop_map(CardEvent::Mute),
        3 => any::<bool>().prop_map(CardEvent::Hold),
        2 => Just(CardEvent::MakeCall),
        1 => Just(CardEvent::Close),
        1 => Just(CardEvent::Dialpad(Tone::from_key("5").expect("a key"))),
        1 => Just(CardEvent::Next),
        4 => Just(CardEvent::Transfer(TransferTarget {
            phone_number: None,
            kind: None,
            target: "101".to_owned(),
        })),
        2 => Just(CardEvent::CompleteTransfer),
        2 => Just(CardEvent::CancelTransfer),
    ];
    let operate = prop_oneof![
        Just(OperatorAction::Answer),
        Just(OperatorAction::HangUp),
        Just(OperatorAction::Skip),
        any::<bool>().prop_map(OperatorAction::SetMuted),
        any::<bool>().prop_map(OperatorAction::SetHeld),
    ];
    let cause = prop_oneof![
        Just(EndCause::remote(None)),
        Just(EndCause::local()),
        Just(EndCause::error("ICE_FAILED", "")),
        prop::sample::select(vec![402, 404, 480, 486, 487, 603])
            .prop_map(|s| EndCause::remote(Some(s))),
    ];
    let method = || prop::sample::select(vec![REGISTER, FINISH]);
    prop_oneof![
        4 => Just(Step::Ring),
        2 => Just(Step::Dial),
        2 => Just(Step::ClickToCall),
        1 => Just(Step::AnothersCard),
        10 => click.prop_map(Step::Click),
        4 => operate.prop_map(Step::Operate),
        1 => Just(Step::FarEndRings),
        4 => Just(Step::FarEndAnswers),
        4 => cause.prop_map(Step::FarEndEnds),
        1 => any::<bool>().prop_map(Step::PhoneMutes),
        1 => Just(Step::PhoneKnowsNoTarget),
        3 => Just(Step::ColleagueAnswers),
        2 => Just(Step::ColleagueEnds),
        1 => Just(Step::FarEndIsReplaced),
        1 => any::<bool>().prop_map(Step::MediaFlows),
        1 => prop::sample::select(vec![
            "dial", "answer", "hangUp", "reject", "setHeld", "setMuted", "transfer", "completeTransfer",
        ])
            .prop_map(Step::PhoneFails),
        1 => Just(Step::PhoneForgetsEnds),
        2 => (method(), prop::sample::select(vec!["QUERY_LIMIT_EXCEEDED", "TIMEOUT", "ERROR_CORE"]))
            .prop_map(|(method, code)| Step::RestFails(method, code)),
        1 => method().prop_map(Step::AnswerLost),
        1 => Just(Step::CardVanishes),
        1 => Just(Step::StaleRequest),
        25 => any::<usize>().prop_map(Step::Deliver),
        8 => Just(Step::DeliverAll),
        4 => (0u64..40).prop_map(Step::Pass),
    ]
}

struct Run {
    world: World,
    rings: u32,
    /// A refusal for good loses a record, by design: then not every call can be finished.
    refused: bool,
    failures: u32,
    /// A softphone that fails or keeps silent may keep calls that nobody knows of.
    unreliable: bool,
}

impl Run {
    fn new(transfer: TransferMode, second_call: SecondCall) -> Self {
        let mut config = Config::new(7, "test");
        config.lines = vec![LINE.to_owned()];
        config.transfer = transfer;
        config.second_call = second_call;
        Self {
            unreliable: false,
            world: World::with(config),
            rings: 0,
            refused: false,
            failures: 0,
        }
    }

    fn take(&mut self, step: Step) {
        let dialing = self.is_dialing();
        let world = &mut self.world;
        match step {
            Step::Ring => {
                self.rings += 1;
                let id = format!("ring {}", self.rings);
                world.phone.calls.insert(id.clone(), PhoneCall::Ringing);
                world.phone_says(PhoneEvent::Incoming {
                    call_id: PhoneCallId(id),
                    number: Some(world::CUSTOMER.to_owned()),
                    display_name: None,
                    line: Some(LINE.to_owned()),
                    transferred_by: None,
                });
            }
            Step::Dial => {
                world.operate(OperatorAction::Dial {
                    number: world::CUSTOMER.to_owned(),
                    line: None,
                });
            }
            Step::ClickToCall | Step::AnothersCard if world.portal.card.is_some() => {}
            Step::ClickToCall => self.portal_call(LINE),
            Step::AnothersCard => self.portal_call("another application's line"),
            Step::Click(event) => {
                // A person can click only on a card that is there.
                if let Some(card) = &mut world.portal.card {
                    match &event {
                        CardEvent::Mute(on) => card.muted = *on,
                        CardEvent::Hold(on) => card.held = *on,
                        CardEvent::Close => world.portal.card = None,
                        _ => {}
                    }
                    world.pending.push(Input::Card(event));
                }
            }
            Step::Operate(action) => {
                world.operate(action);
            }
            Step::FarEndRings if dialing => {
                self.far_end(PhoneCall::Dialing, |call_id| PhoneEvent::Progress {
                    call_id,
                    early_media: false,
                });
            }
            Step::FarEndAnswers if dialing => {
                self.far_end(PhoneCall::Up, |call_id| PhoneEvent::Connected { call_id });
            }
            Step::FarEndRings | Step::FarEndAnswers => {}
            Step::FarEndEnds(cause) => {
                self.far_end(PhoneCall::Over, |call_id| PhoneEvent::Ended {
                    call_id,
                    cause,
                });
            }
            Step::PhoneMutes(muted) => {
                if let Some(id) = world.phone.current() {
                    let call_id = PhoneCallId(id);
                    world
                        .pending
                        .push(Input::Phone(PhoneEvent::Muted { call_id, muted }));
                }
            }
            Step::PhoneKnowsNoTarget => world.phone.knows_no_target ^= true,
            Step::ColleagueAnswers => {
                self.colleague(PhoneCall::Up, |call_id| PhoneEvent::Connected { call_id });
            }
            Step::ColleagueEnds => self.colleague(PhoneCall::Over, |call_id| PhoneEvent::Ended {
                call_id,
                cause: EndCause::remote(Some(486)),
            }),
            Step::FarEndIsReplaced => {
                if let Some(id) = world.phone.current() {
                    world.pending.push(Input::Phone(PhoneEvent::Transferred {
                        call_id: PhoneCallId(id),
                        number: None,
                        display_name: None,
                    }));
                }
            }
            Step::MediaFlows(flowing) => {
                if let Some(id) = world.phone.current() {
                    let call_id = PhoneCallId(id);
                    let event = PhoneEvent::Media { call_id, flowing };
                    world.pending.push(Input::Phone(event));
                }
            }
            Step::PhoneFails(method) => {
                self.unreliable = true;
                world
                    .phone
                    .fails
                    .push((method, EndCause::error("BROKEN", "")));
            }
            Step::PhoneForgetsEnds => {
                self.unreliable = true;
                world.phone.mute_about_ends ^= true;
            }
            Step::RestFails(method, code) => {
                self.failures += 1;
                // So is a portal that stays away for longer than anybody asks.
                self.refused |= code == "ERROR_CORE" || self.failures > 8;
                let failure = RestFailure::new(code, "");
                world
                    .portal
                    .failures
                    .entry(method)
                    .or_default()
                    .push(failure);
            }
            Step::AnswerLost(method) => *world.portal.lost_answers.entry(method).or_default() += 1,
            Step::CardVanishes => {
                if world.portal.card.take().is_some() {
                    world.portal.vanished += 1;
                }
            }
            Step::StaleRequest => {
                if let Some((handle, _)) = world.told.cards.first() {
                    let request = handle.set_status_text("the application's");
                    world.request(request);
                }
            }
            Step::DeliverAll => world.settle(),
            Step::Deliver(chance) => world.deliver_by_chance(chance),
            Step::Pass(seconds) => world.pass(Duration::from_secs(seconds)),
        }
    }

    fn is_dialing(&self) -> bool {
        let phone = &self.world.phone;
        phone
            .current()
            .is_some_and(|id| phone.calls[&id] == PhoneCall::Dialing)
    }

    fn portal_call(&mut self, line: &str) {
        use b24_background_worker::card::CallDirection;
        let portal = &mut self.world.portal;
        let call_id = portal.new_call(None, world::CUSTOMER, CallDirection::Outgoing);
        let initialized = portal.raise(&call_id, Some(line));
        self.world.pending.extend(initialized.map(Input::Card));
    }

    fn far_end(&mut self, state: PhoneCall, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        if let Some(id) = self.world.phone.current() {
            self.world.phone.calls.insert(id.clone(), state);
            self.world
                .pending
                .push(Input::Phone(event(PhoneCallId(id))));
        }
    }

    fn colleague(&mut self, state: PhoneCall, event: impl FnOnce(PhoneCallId) -> PhoneEvent) {
        let phone = &mut self.world.phone;
        let last = phone.consultations.last().map(|(id, _)| id.clone());
        let alive = |id: &String| phone.calls.get(id).is_some_and(|c| *c != PhoneCall::Over);
        if let Some(id) = last.filter(alive) {
            phone.calls.insert(id.clone(), state);
            let event = event(PhoneCallId(id));
            self.world.pending.push(Input::Phone(event));
        }
    }

    /// Once everything has arrived, no colleague is on a line that nobody sees any more.
    fn no_colleague_is_forgotten(&self) {
        if self.unreliable {
            return;
        }
        let phone = &self.world.phone;
        let alive = |id: &String| phone.calls.get(id).is_some_and(|c| *c != PhoneCall::Over);
        let lines = phone.consultations.iter().filter(|(id, _)| alive(id));
        let transfer = self.world.session.call().and_then(|call| call.transfer);
        let may = match transfer {
            None | Some(TransferPhase::Holding | TransferPhase::Failed) => 0,
            Some(_) => 1,
        };
        assert!(lines.count() <= may, "{:?}: {:?}", transfer, phone.calls);
    }

    fn nothing_bad_has_happened(&self) {
        let portal = &self.world.portal;
        assert_eq!(portal.misdirected, 0, "a command hit another call's card");
        assert_eq!(portal.finished_twice, 0, "a call was finished twice");
        if portal.vanished == 0 {
            assert_eq!(portal.undefined, 0, "a command was sent without a card");
        }
    }

    /// Once everything has arrived, card and softphone say the same.
    fn all_agree(&self) {
        let world = &self.world;
        let ours = world.session.call().and_then(|call| call.call_id);
        let Some(card) = world
            .portal
            .card
            .as_ref()
            .filter(|card| Some(&card.call_id) == ours.as_ref())
        else {
            return;
        };
        let call = world.session.call().expect("it has a card");
        if call.state == CallPhase::Ending {
            return; // the card is about to be closed
        }
        assert_eq!(card.muted, call.muted, "mute");
        assert_eq!(card.held, call.held, "hold");
        if card.ui_state == Some(UiState::Connected) && !world.phone.mute_about_ends {
            let state = world.phone.calls.get(&call.phone_call_id);
            assert_eq!(
                state,
                Some(&PhoneCall::Up),
                "connected means that they talk"
            );
        }
    }

    /// Everybody hangs up, the portal is well again, time passes: all is recorded, and the next call rings.
    fn the_next_call_rings(&mut self) {
        let world = &mut self.world;
        world.portal.failures.clear();
        world.portal.lost_answers.clear();
        world.phone.fails.clear();
        world.phone.mute_about_ends = false;
        world.settle();
        while let Some(id) = world.phone.current() {
            world.phone.calls.insert(id.clone(), PhoneCall::Over);
            world.phone_says(PhoneEvent::Ended {
                call_id: PhoneCallId(id),
                cause: EndCause {
                    by: EndedBy::Remote,
                    ..EndCause::default()
                },
            });
            world.settle();
        }
        world.operate(OperatorAction::HangUp);
        world.pass(Duration::from_secs(3600));
        assert!(
            world.session.call().is_none(),
            "a call is left: {:?}",
            world.session.call()
        );
        assert_eq!(world.session.poll_timeout(), None, "a timer is left");
        if !self.refused {
            for (call_id, call) in &world.portal.calls {
                let ours = call.register.is_some();
                assert!(
                    !ours || call.finishes.len() == 1,
                    "{call_id} was never finished"
                );
            }
        }
        if world.portal.card.is_some() {
            // Another application's.
            world.click(CardEvent::Close);
        }
        world.ring("the next one");
        assert_eq!(
            world.ui_state(),
            Some(UiState::Incoming),
            "the next call rings"
        );
        world.click(CardEvent::Answer);
        assert_eq!(world.ui_state(), Some(UiState::Connected));
    }
}

/// The same four thousand lives each time, so that a failure is the change's; `./build.sh fuzz`
/// sets `PROPTEST_CASES` and `PROPTEST_RNG_SEED` to live others.
fn config() -> ProptestConfig {
    let from_environment = |name: &str| std::env::var(name).ok()?.parse().ok();
    ProptestConfig {
        cases: from_environment("PROPTEST_CASES").unwrap_or(4000),
        rng_seed: RngSeed::Fixed(from_environment("PROPTEST_RNG_SEED").map_or(24, u64::from)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_nothing_bad_does_and_the_next_call_rings(
        blind in any::<bool>(),
        wait in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let transfer = if blind { TransferMode::Blind } else { TransferMode::Attended };
        let second_call = if wait { SecondCall::Wait } else { SecondCall::Reject };
        let mut run = Run::new(transfer, second_call);
        for step in steps {
            run.take(step);
            run.nothing_bad_has_happened();
            if run.world.pending.is_empty() {
                run.all_agree();
                run.no_colleague_is_forgotten();
            }
        }
        run.the_next_call_rings();
        run.nothing_bad_has_happened();
    }
}
