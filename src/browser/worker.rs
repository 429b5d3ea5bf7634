//! The worker: from the frame's first breath to calls that come and go.

use std::rc::Rc;
use std::time::Duration;

use futures_channel::mpsc;
use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::card::CallCard;
use super::driver::{Driver, Sink};
use super::from_js;
use super::hub_driver::hub_in_page;
use super::options::Options;
use super::page::{greet_portal, hear_events, listen_to_page};
use super::patient::pause;
use super::reach::reach;
use super::softphone::{MadeBy, NoSoftphone, Softphone, Softphones};
use super::{env, placement, rest};
use crate::card::{Reply, Tone, TransferTarget};
use crate::error::{Error, ErrorKind};
use crate::link::TabId;
use crate::rest::{Profile, RestFailure};
use crate::session::{CallSnapshot, DialOptions, OperatorAction};
use crate::softphone::PhoneCallId;
use crate::tab::{CardHandle, Input, Tab, TabEvent};

/// After this many failures to learn the operator's id a person should know.
const PROFILE_TRIES_BEFORE_ALARM: u32 = 5;
/// The longest pause before it is asked for again.
const PROFILE_LAST: Duration = Duration::from_secs(60);

/// A running worker. It runs for the page's life; dropping it stops it, though the portal's
/// bindings stay.
#[derive(Clone)]
pub struct Worker {
    pub(super) driver: Rc<Driver>,
}

/// What a worker tells, in the order in which it happened.
pub struct Events {
    receiver: mpsc::UnboundedReceiver<WorkerEvent>,
}

/// News from the worker. Its [`TabEvent::CardInitialized`] is the only source of a [`CallCard`].
pub type WorkerEvent = TabEvent<CallCard>;

impl Events {
    /// The next news; `None` when the worker has been dropped.
    pub async fn next(&mut self) -> Option<WorkerEvent> {
        self.receiver.recv().await.ok()
    }
}

/// The same event, with a card that can be commanded.
pub(super) fn with_card<C>(event: TabEvent, card: impl FnOnce(CardHandle) -> C) -> TabEvent<C> {
    match event {
        TabEvent::CardInitialized { card: handle, call } => TabEvent::CardInitialized {
            card: card(handle),
            call,
        },
        TabEvent::CardClosed { call_id } => TabEvent::CardClosed { call_id },
        TabEvent::Card(event) => TabEvent::Card(event),
        TabEvent::CallChanged(call) => TabEvent::CallChanged(call),
        TabEvent::Registration { registered } => TabEvent::Registration { registered },
        TabEvent::News(news) => TabEvent::News(news),
    }
}

/// How a page comes to its hub.
pub(super) struct WayToHub {
    /// The hub's module and what it is told first, where it has a SharedWorker of its own.
    pub(super) worker: JsValue,
    /// Starts a hub in this page: gives a function that takes its ports.
    pub(super) here: JsValue,
}

impl Worker {
    /// Starts a worker: greets the portal through BX24.js, learns who the operator is, reaches the hub
    /// of this browser, and binds the call card's events as soon as the page has published them.
    /// `softphone` makes a softphone: one of the operator's pages is asked for one, another page when
    /// that has gone.
    ///
    /// On a page without telephony, a slider for example, it does all the rest.
    ///
    /// # Errors
    /// [`NotInPlacement`](ErrorKind::NotInPlacement) without BX24.js,
    /// [`WrongPlacement`](ErrorKind::WrongPlacement).
    ///
    /// ```no_run
    /// # use b24_background_worker::browser::{Options, Softphone, Worker, WorkerEvent};
    /// # async fn example<S: Softphone + Default + 'static>() -> Result<(), b24_background_worker::Error> {
    /// let (worker, mut events) = Worker::start(S::default, Options::default()).await?;
    /// while let Some(event) = events.next().await {
    ///     if let WorkerEvent::CardInitialized { card, call } = event {
    ///         card.set_card_title("A call for you").await?;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn start<S: Softphone + 'static>(
        softphone: impl Fn() -> S + 'static,
        options: Options,
    ) -> Result<(Self, Events), Error> {
        Self::start_in_page(Box::new(MadeBy(softphone)), options).await
    }

    /// The same without a softphone: for signals, cards, sliders and what is to be done
    /// [once](Self::once). [`Worker::dial`] fails with [`Softphone`](ErrorKind::Softphone).
    ///
    /// # Errors
    /// Those of [`Worker::start`].
    pub async fn start_without_softphone(options: Options) -> Result<(Self, Events), Error> {
        Self::start_in_page(Box::new(NoSoftphone), options).await
    }

    async fn start_in_page(
        softphones: Box<dyn Softphones>,
        options: Options,
    ) -> Result<(Self, Events), Error> {
        let (sender, receiver) = mpsc::unbounded();
        let sink: Sink = Box::new(move |driver, event| {
            let driver = Rc::clone(driver);
            // Whoever dropped the receiver does not want to know.
            let _ = sender.unbounded_send(with_card(event, |handle| CallCard { handle, driver }));
        });
        let signals = options.signals != Some(false);
        let way = WayToHub {
            worker: JsValue::UNDEFINED,
            here: hub_in_page(signals),
        };
        let worker = Self::start_with(softphones, options, sink, way).await?;
        Ok((worker, Events { receiver }))
    }

    pub(super) async fn start_with(
        softphones: Box<dyn Softphones>,
        options: Options,
        sink: Sink,
        way: WayToHub,
    ) -> Result<Self, Error> {
        console_error_panic_hook::set_once();
        let driver = Driver::new(softphones, sink);
        greet_portal(&driver).await?;
        // An event that nobody has bound is lost: nothing else is waited for first.
        spawn_local(hear_events(Rc::downgrade(&driver)));
        listen_to_page(&driver);
        let user_id = match options.user_id {
            Some(user_id) => user_id,
            None => ask_user_id(&driver).await,
        };
        let id = TabId(env::random());
        let signals = options.signals != Some(false);
        driver.live(id).await;
        let softphone = driver.has_softphone();
        driver.begin(Tab::new(id, options.config(user_id, softphone)));
        driver.push(Input::CanTakeSeat(softphone));
        reach_hub(&driver, &name_of_hub(user_id), &way, signals);
        Ok(Self { driver })
    }

    /// Asks for another softphone, made anew, as soon as no call is up: the operator's account has
    /// changed, say.
    pub fn renew_softphone(&self) {
        self.driver.push(Input::Renew);
    }

    /// The numbers of the softphone's lines, in place of [`Options::lines`]: where they come with the
    /// operator's account.
    pub fn set_lines(&self, lines: Vec<String>) {
        self.driver.push(Input::Lines(lines));
    }

    /// Whether the sound is in this page.
    #[must_use]
    pub fn has_seat(&self) -> bool {
        self.driver.with_tab(Tab::has_seat).unwrap_or_default()
    }

    /// The call, if there is one.
    #[must_use]
    pub fn call(&self) -> Option<CallSnapshot> {
        self.driver.with_tab(|tab| tab.call().cloned()).flatten()
    }

    /// Stops it: the softphone signs off or moves to another tab, and the microphone is free. Nothing is heard
    /// of the card any more, each method fails, and another worker may be started in this page.
    pub fn stop(&self) {
        self.driver.stop();
    }

    /// Registers a call to `number` with the portal, raises its card, and dials. `line` is the
    /// number to call from; without it, the first of [`Options::lines`]. Gives the softphone's name of the
    /// call before anybody is reached.
    ///
    /// # Errors
    /// [`Busy`](ErrorKind::Busy) while a call is up; [`Malformed`](ErrorKind::Malformed) for an
    /// empty number.
    pub async fn dial(&self, number: &str, line: Option<&str>) -> Result<PhoneCallId, Error> {
        let how = DialOptions {
            line: line.map(str::to_owned),
            ..DialOptions::default()
        };
        self.dial_with(number, how).await
    }

    /// The same, with headers for the INVITE, and for an entity of the CRM.
    ///
    /// # Errors
    /// Those of [`Worker::dial`]; [`Malformed`](ErrorKind::Malformed) also for what can be no header.
    pub async fn dial_with(&self, number: &str, how: DialOptions) -> Result<PhoneCallId, Error> {
        let number = number.to_owned();
        match self
            .driver
            .operate(OperatorAction::Dial { number, how })
            .await?
        {
            Reply::Dialling(name) => Ok(name),
            _ => Err(Error::new(
                ErrorKind::Malformed,
                "the hub has answered something else",
            )),
        }
    }

    /// Whether nobody has asked this before, in any of the operator's tabs: whoever is told so does what
    /// the key stands for, and nobody else. Keys are remembered for two days, the last 256 of them.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) for a key that is empty or longer than 200 bytes.
    pub async fn once(&self, key: &str) -> Result<bool, Error> {
        self.driver.once(key.to_owned()).await
    }

    /// Answers the ringing call.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when none rings.
    pub async fn answer(&self) -> Result<(), Error> {
        self.operate(OperatorAction::Answer).await
    }

    /// Refuses the ringing call.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when none rings.
    pub async fn skip(&self) -> Result<(), Error> {
        self.operate(OperatorAction::Skip).await
    }

    /// Ends the call, in whatever state it is.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when there is none.
    pub async fn hang_up(&self) -> Result<(), Error> {
        self.operate(OperatorAction::HangUp).await
    }

    /// Mutes the microphone, or unmutes it; the card follows.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when nobody talks.
    pub async fn set_muted(&self, muted: bool) -> Result<(), Error> {
        self.operate(OperatorAction::SetMuted(muted)).await
    }

    /// Puts the call on hold, or takes it back; the card follows.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when nobody talks.
    pub async fn set_held(&self, held: bool) -> Result<(), Error> {
        self.operate(OperatorAction::SetHeld(held)).await
    }

    /// Sends one DTMF tone: `0`-`9`, `*` or `#`.
    ///
    /// # Errors
    /// [`Malformed`](ErrorKind::Malformed) for any other text, [`NoCall`](ErrorKind::NoCall) when
    /// nobody listens.
    pub async fn send_dtmf(&self, tone: &str) -> Result<(), Error> {
        self.operate(OperatorAction::SendDtmf(tone_of(tone)?)).await
    }

    /// Begins to transfer the call, as the card's transfer button does: `target` is a user's id or
    /// a phone number. With [`TransferMode::Attended`](crate::config::TransferMode::Attended) the customer is put on hold and the target is
    /// called; [`Worker::complete_transfer`] hands the customer over.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when nobody talks, [`Busy`](ErrorKind::Busy) when a transfer is
    /// under way.
    pub async fn transfer(&self, target: &str) -> Result<(), Error> {
        self.operate(OperatorAction::Transfer(target_of(target.to_owned())))
            .await
    }

    /// Hands the customer over to whom the transfer has called, answered or not.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when nobody has been called.
    pub async fn complete_transfer(&self) -> Result<(), Error> {
        self.operate(OperatorAction::CompleteTransfer).await
    }

    /// Gives the transfer up and returns to the customer.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when there is no transfer, or it can't be taken back any more.
    pub async fn cancel_transfer(&self) -> Result<(), Error> {
        self.operate(OperatorAction::CancelTransfer).await
    }

    async fn operate(&self, action: OperatorAction) -> Result<(), Error> {
        self.driver.operate(action).await.map(drop)
    }
}

pub(super) fn tone_of(key: &str) -> Result<Tone, Error> {
    Tone::from_key(key)
        .ok_or_else(|| Error::new(ErrorKind::Malformed, "a tone is one of 0-9, * and #"))
}

pub(super) fn target_of(target: String) -> TransferTarget {
    TransferTarget {
        phone_number: None,
        kind: None,
        target,
    }
}

/// A hub is one portal's and one operator's: two portals of one site share a browser's storage.
fn name_of_hub(user_id: u64) -> String {
    let domain = placement::domain().unwrap_or_default();
    format!("b24-call-worker {domain} {user_id}")
}

fn reach_hub(driver: &Rc<Driver>, name: &str, way: &WayToHub, signals: bool) {
    let weak = Rc::downgrade(driver);
    let on_driver = move |act: fn(&Rc<Driver>, JsValue)| -> Function {
        let driver = weak.clone();
        let handler = Closure::<dyn Fn(JsValue)>::new(move |value: JsValue| {
            if let Some(driver) = driver.upgrade() {
                act(&driver, value);
            }
        });
        handler.into_js_value().unchecked_into()
    };
    let reached = on_driver(|driver, port| driver.reached(port.unchecked_into()));
    let heard = on_driver(|driver, data| driver.heard(&data));
    let failed = on_driver(|driver, why| {
        let why = why.as_string().unwrap_or_default();
        driver.report(Error::new(ErrorKind::Hub, why));
    });
    let outdated = on_driver(|driver, _| driver.outdated());
    reach(
        name,
        signals,
        &way.worker,
        &way.here,
        &reached,
        &heard,
        &failed,
        &outdated,
    );
}

/// Asks who the operator is, until the portal tells.
async fn ask_user_id(driver: &Rc<Driver>) -> u64 {
    let mut wait = Duration::from_secs(1);
    for tries in 1_u32.. {
        match ask_profile().await {
            Ok(profile) => return profile.user_id,
            Err(failure) if tries == PROFILE_TRIES_BEFORE_ALARM => driver.report(failure.failed(
                "the portal does not tell who the operator is",
                "asking again; you may give `userId` instead",
            )),
            Err(_) => {}
        }
        pause(wait).await;
        wait = (wait * 2).min(PROFILE_LAST);
    }
    0
}

/// BX24.js wants an object even where a method takes nothing.
#[derive(Serialize)]
struct NoParams {}

async fn ask_profile() -> Result<Profile, RestFailure> {
    let result = rest::call_method("profile", &NoParams {}).await?;
    from_js::read(result).map_err(|error| RestFailure::new("MALFORMED", error.to_string()))
}
