//! The worker: from the frame's first breath to calls that come and go.

use std::rc::Rc;
use std::time::Duration;

use futures_channel::mpsc;
use js_sys::Function;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::card::CallCard;
use super::driver::{Driver, Sink};
use super::patient::pause;
use super::softphone::{Emitter, Softphone};
use super::{placement, rest};
use crate::card::{CallId, CallInfo, CardEvent, EventName, Tone, TransferTarget};
use crate::error::{Error, ErrorKind};
use crate::lenient;
use crate::quality::Quality;
use crate::rest::{Profile, RestFailure};
use crate::session::{
    AppEvent, CallEnd, CallSnapshot, CardHandle, Config, Input, OperatorAction, SecondCall,
    Session, StatusTexts, TransferMode,
};
use crate::signal::Signal;

/// How often the portal's interface is asked for: soon at first, then patiently.
const PROBE_FIRST: Duration = Duration::from_millis(100);
const PROBE_LAST: Duration = Duration::from_secs(5);
/// After this many probes without the events a person should know.
const PROBES_BEFORE_ALARM: u32 = 12;
/// How often the operator's id is asked for.
const PROFILE_TRIES: u32 = 5;

/// What an integrator chooses when a worker is started. All of it may be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    /// The operator's user id; asked of the portal (`profile`) when absent.
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: Option<u64>,
    /// The numbers of the softphone's lines; see [`Config::lines`].
    #[serde(deserialize_with = "lenient::list")]
    pub lines: Vec<String>,
    /// `false`: a click on a number shows the card's call button instead of dialling at once.
    pub auto_dial: Option<bool>,
    /// What the card's transfer button begins: `attended` (the default) or `blind`.
    pub transfer: TransferMode,
    /// What becomes of a caller while a call is up: `reject` (the default) or `wait`.
    pub second_call: SecondCall,
    /// The card's texts in another language; those that are absent stay English.
    pub status_texts: StatusTexts,
    /// `false`: the card does not say when somebody can't hear.
    pub sound_on_card: Option<bool>,
    /// `false`: the portal creates no CRM entity for an unknown number.
    pub crm_create: Option<bool>,
    /// `false`: the portal tells the operator's chat of no call.
    pub add_to_chat: Option<bool>,
    /// `false`: signals of a backend are not listened to. They need the scope `pull`.
    pub signals: Option<bool>,
}

impl Options {
    fn config(self, user_id: u64) -> Config {
        let mut config = Config::new(user_id, random_prefix());
        config.lines = self.lines;
        config.auto_dial = self.auto_dial.unwrap_or(config.auto_dial);
        config.transfer = self.transfer;
        config.second_call = self.second_call;
        config.texts = self.status_texts;
        config.sound_on_card = self.sound_on_card.unwrap_or(config.sound_on_card);
        config.crm_create = self.crm_create.unwrap_or(config.crm_create);
        config.add_to_chat = self.add_to_chat.unwrap_or(config.add_to_chat);
        config
    }
}

/// A running worker. It runs for the page's life; dropping it stops it, though the portal's
/// bindings stay.
#[derive(Clone)]
pub struct Worker {
    pub(super) driver: Rc<Driver>,
}

/// What a worker tells, in the order in which it happened.
pub struct Events {
    receiver: mpsc::UnboundedReceiver<(Rc<Driver>, AppEvent)>,
}

/// News from the worker.
pub enum WorkerEvent {
    /// A card has appeared: the only source of a [`CallCard`].
    CardInitialized {
        /// The card.
        card: CallCard,
        /// Whose call it shows; not necessarily one of this application.
        call: CallInfo,
    },
    /// That card is gone.
    CardClosed {
        /// The call it showed.
        call_id: CallId,
    },
    /// Any other event of the card.
    Card(CardEvent),
    /// There is a call, or something about it has changed; `None`: there is none any more.
    CallChanged(Option<CallSnapshot>),
    /// The line is down.
    CallEnded(CallEnd),
    /// The call's record is closed on the portal.
    CallRecorded(CallEnd),
    /// The softphone is registered, or no longer.
    Registration {
        /// Whether calls can come and go.
        registered: bool,
    },
    /// How the call sounds, about once a second while the two sides talk.
    Quality(Quality),
    /// A signal of a backend, or of another page of the application, has come to all the operator's
    /// pages. The worker does its part about those it knows, on one of them.
    Signal(Signal),
    /// Something failed. The worker goes on.
    Error(Error),
}

impl Events {
    /// The next news; `None` when the worker has been dropped.
    pub async fn next(&mut self) -> Option<WorkerEvent> {
        let (driver, event) = self.receiver.recv().await.ok()?;
        Some(WorkerEvent::new(event, |handle| CallCard {
            handle,
            driver,
        }))
    }
}

impl WorkerEvent {
    fn new(event: AppEvent, card: impl FnOnce(CardHandle) -> CallCard) -> Self {
        match event {
            AppEvent::CardInitialized { card: handle, call } => Self::CardInitialized {
                card: card(handle),
                call,
            },
            AppEvent::CardClosed { call_id } => Self::CardClosed { call_id },
            AppEvent::Card(event) => Self::Card(event),
            AppEvent::CallChanged(call) => Self::CallChanged(call),
            AppEvent::CallEnded(end) => Self::CallEnded(end),
            AppEvent::CallRecorded(end) => Self::CallRecorded(end),
            AppEvent::Registration { registered } => Self::Registration { registered },
            AppEvent::Quality(quality) => Self::Quality(quality),
            AppEvent::Signal(signal) => Self::Signal(signal),
            AppEvent::Error(error) => Self::Error(error),
        }
    }
}

impl Worker {
    /// Starts a worker: greets the portal through BX24.js, waits until the page has published the
    /// call card's events, binds each once, learns who the operator is, and starts the softphone.
    ///
    /// On a page without telephony, a slider for example, it waits for the events for as long as
    /// the page lives, harmlessly.
    ///
    /// # Errors
    /// [`NotInPlacement`](ErrorKind::NotInPlacement), [`WrongPlacement`](ErrorKind::WrongPlacement),
    /// [`Rest`](ErrorKind::Rest) when the operator stays unknown, [`Softphone`](ErrorKind::Softphone).
    ///
    /// ```no_run
    /// # use b24_background_worker::browser::{Options, Softphone, Worker, WorkerEvent};
    /// # async fn example(softphone: impl Softphone + 'static) -> Result<(), b24_background_worker::Error> {
    /// let (worker, mut events) = Worker::start(softphone, Options::default()).await?;
    /// while let Some(event) = events.next().await {
    ///     if let WorkerEvent::CardInitialized { card, call } = event {
    ///         card.set_card_title("A call for you").await?;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn start(
        softphone: impl Softphone + 'static,
        options: Options,
    ) -> Result<(Self, Events), Error> {
        let (sender, receiver) = mpsc::unbounded();
        let sink: Sink = Box::new(move |driver, event| {
            // Whoever dropped the receiver does not want to know.
            let _ = sender.unbounded_send((Rc::clone(driver), event));
        });
        let worker = Self::start_with(Box::new(softphone), options, sink).await?;
        Ok((worker, Events { receiver }))
    }

    pub(super) async fn start_with(
        softphone: Box<dyn Softphone>,
        options: Options,
        sink: Sink,
    ) -> Result<Self, Error> {
        console_error_panic_hook::set_once();
        placement::init().await?;
        let driver = Driver::new(softphone, sink);
        await_interface(&driver).await?;
        // All at once, before anything else is awaited: an event that nobody has bound is lost.
        for event in EventName::ALL {
            bind(event, &driver)?;
        }
        hang_up_on_leaving(&driver);
        let user_id = match options.user_id {
            Some(user_id) => user_id,
            None => ask_user_id().await?,
        };
        let signals = options.signals != Some(false);
        driver.begin(Session::new(options.config(user_id)));
        let started = driver.softphone().start(Emitter(Rc::downgrade(&driver)));
        started.await.map_err(|cause| {
            let code = cause.code.unwrap_or_default();
            let text = cause.text.unwrap_or_default();
            Error::new(
                ErrorKind::Softphone,
                format!("the softphone did not start ({code}): {text}"),
            )
        })?;
        if signals {
            driver.listen();
        }
        Ok(Self { driver })
    }

    /// The call, if there is one.
    #[must_use]
    pub fn call(&self) -> Option<CallSnapshot> {
        self.driver.with_session(Session::call).flatten()
    }

    /// Registers a call to `number` with the portal, raises its card, and dials. `line` is the
    /// number to call from; without it, the first of [`Options::lines`].
    ///
    /// # Errors
    /// [`Busy`](ErrorKind::Busy) while a call is up; [`Malformed`](ErrorKind::Malformed) for an
    /// empty number.
    pub async fn dial(&self, number: &str, line: Option<&str>) -> Result<(), Error> {
        self.operate(OperatorAction::Dial {
            number: number.to_owned(),
            line: line.map(str::to_owned),
        })
        .await
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
        let tone = Tone::from_key(tone)
            .ok_or_else(|| Error::new(ErrorKind::Malformed, "a tone is one of 0-9, * and #"))?;
        self.operate(OperatorAction::SendDtmf(tone)).await
    }

    /// Begins to transfer the call, as the card's transfer button does: `target` is a user's id or
    /// a phone number. With [`TransferMode::Attended`] the customer is put on hold and the target is
    /// called; [`Worker::complete_transfer`] hands the customer over.
    ///
    /// # Errors
    /// [`NoCall`](ErrorKind::NoCall) when nobody talks, [`Busy`](ErrorKind::Busy) when a transfer is
    /// under way.
    pub async fn transfer(&self, target: &str) -> Result<(), Error> {
        self.operate(OperatorAction::Transfer(TransferTarget {
            phone_number: None,
            kind: None,
            target: target.to_owned(),
        }))
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

async fn await_interface(driver: &Rc<Driver>) -> Result<(), Error> {
    let mut wait = PROBE_FIRST;
    for probe in 1.. {
        if placement::is_interface_complete().await? {
            break;
        }
        if probe == PROBES_BEFORE_ALARM {
            driver.report(Error::new(
                ErrorKind::InterfaceMissing,
                "the portal page has not published the call card's events: no telephony on this \
                 page, or the page is a slider; the worker keeps asking",
            ));
        }
        pause(wait).await;
        wait = (wait * 2).min(PROBE_LAST);
    }
    Ok(())
}

fn bind(event: EventName, driver: &Rc<Driver>) -> Result<(), Error> {
    let driver = Rc::downgrade(driver);
    let handler = Closure::<dyn Fn(JsValue)>::new(move |payload: JsValue| {
        let Some(driver) = driver.upgrade() else {
            return;
        };
        match CardEvent::parse(event, serde_wasm_bindgen::Deserializer::from(payload)) {
            Ok(event) => driver.push(Input::Card(event)),
            Err(error) => driver.report(error),
        }
    });
    // The portal knows no unbinding: BX24.js keeps the handler for the page's life.
    let handler: Function = handler.into_js_value().unchecked_into();
    placement::bind(event, &handler)
}

/// `pagehide`, not `unload`: it also comes when the page goes into the back-forward cache.
fn hang_up_on_leaving(driver: &Rc<Driver>) {
    let driver = Rc::downgrade(driver);
    let handler = Closure::<dyn Fn()>::new(move || {
        if let Some(driver) = driver.upgrade() {
            driver.push(Input::PageHide);
        }
    });
    let handler: Function = handler.into_js_value().unchecked_into();
    if let Some(window) = web_sys::window() {
        // Only an invalid event name or handler is refused.
        let _ = window.add_event_listener_with_callback("pagehide", &handler);
    }
}

async fn ask_user_id() -> Result<u64, Error> {
    let mut wait = Duration::from_secs(1);
    let mut last = None;
    for _ in 0..PROFILE_TRIES {
        match ask_profile().await {
            Ok(profile) => return Ok(profile.user_id),
            Err(failure) => last = Some(failure),
        }
        pause(wait).await;
        wait *= 2;
    }
    let failure = last.unwrap_or_else(|| RestFailure::new(RestFailure::TIMEOUT, ""));
    Err(Error::new(
        ErrorKind::Rest,
        format!(
            "the portal did not tell who the operator is ({}): {}; give `userId` instead",
            failure.code, failure.description
        ),
    ))
}

/// BX24.js wants an object even where a method takes nothing.
#[derive(Serialize)]
struct NoParams {}

async fn ask_profile() -> Result<Profile, RestFailure> {
    let result = rest::call_method("profile", &NoParams {}).await?;
    serde_wasm_bindgen::from_value(result)
        .map_err(|error| RestFailure::new("MALFORMED", error.to_string()))
}

/// Begins the names of this worker's calls: no two workers may share one.
fn random_prefix() -> String {
    let mut bytes = [0; 8];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    let random =
        crypto.is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !random {
        bytes = js_sys::Math::random().to_bits().to_le_bytes();
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("b24w-{hex}")
}
