//! The JavaScript classes: `CallWorker` and `CallCard`. They only translate.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::driver::{Driver, Sink};
use super::js_error::to_js;
use super::placement::to_value;
use super::softphone::JsSoftphone;
use super::worker::{Options, Worker};
use crate::card::{Reply, UiState};
use crate::error::{Error, ErrorKind};
use crate::session::{AppEvent, CardHandle, CardRequest};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("exports.d.ts");

#[wasm_bindgen]
extern "C" {
    /// `StartOptions` of `exports.d.ts`.
    #[wasm_bindgen(typescript_type = "StartOptions")]
    pub type StartOptions;
    /// `CallSnapshot | undefined`.
    #[wasm_bindgen(typescript_type = "CallSnapshot | undefined")]
    pub type MaybeCall;
    /// `UiState`.
    #[wasm_bindgen(typescript_type = "UiState")]
    pub type JsUiState;
    /// `{ disableAutoStartTimer?: boolean }`.
    #[wasm_bindgen(typescript_type = "{ disableAutoStartTimer?: boolean }")]
    pub type UiStateOptions;
}

type JsResult = Result<(), JsValue>;

/// The call worker of one `PAGE_BACKGROUND_WORKER` page. It runs for the page's life, whether its
/// object is kept or not.
#[wasm_bindgen]
pub struct CallWorker {
    worker: Worker,
    listeners: Rc<Listeners>,
}

#[wasm_bindgen]
impl CallWorker {
    /// Starts the worker: greets the portal, binds the card's events, starts the softphone.
    ///
    /// Rejects with a `CallCardError`: `NOT_IN_PLACEMENT`, `WRONG_PLACEMENT`, `REST`, `SOFTPHONE`, `MALFORMED`.
    pub async fn start(options: StartOptions) -> Result<CallWorker, JsValue> {
        let options: JsValue = options.into();
        let softphone = option(&options, "softphone");
        if !softphone.is_object() {
            return Err(to_js(&Error::new(
                ErrorKind::Malformed,
                "CallWorker.start needs { softphone }: an object as softphone.d.ts describes it",
            )));
        }
        let report = option(&options, "report").dyn_into::<Function>().ok();
        let options: Options = serde_wasm_bindgen::from_value(options).map_err(|error| {
            let detail = format!("CallWorker.start can't read its options: {error}");
            to_js(&Error::new(ErrorKind::Malformed, detail))
        })?;
        let listeners = Rc::new(Listeners::default());
        if let Some(report) = report {
            listeners.add("error".to_owned(), report);
        }
        let sink: Sink = {
            let listeners = Rc::clone(&listeners);
            Box::new(move |driver, event| listeners.tell(driver, event))
        };
        let softphone = Box::new(JsSoftphone::new(softphone));
        let worker = Worker::start_with(softphone, options, sink)
            .await
            .map_err(|error| to_js(&error))?;
        // It runs for the page's life: a worker that stopped because the garbage collector found
        // its object unused would be a phone that goes dead by itself.
        std::mem::forget(worker.clone());
        Ok(Self { worker, listeners })
    }

    /// The call, if there is one.
    #[wasm_bindgen(getter)]
    pub fn call(&self) -> MaybeCall {
        to_js_value(&self.worker.call()).unchecked_into()
    }

    /// Calls `listener` for each event of this type; the function it returns stops that.
    #[wasm_bindgen(skip_typescript)]
    pub fn on(&self, event: String, listener: Function) -> Function {
        let id = self.listeners.add(event, listener);
        let listeners = Rc::downgrade(&self.listeners);
        let off = Closure::<dyn Fn()>::new(move || {
            if let Some(listeners) = listeners.upgrade() {
                listeners.remove(id);
            }
        });
        off.into_js_value().unchecked_into()
    }

    /// Registers a call to `number` with the portal, raises its card, and dials.
    pub async fn dial(&self, number: String, line: Option<String>) -> JsResult {
        thrown(self.worker.dial(&number, line.as_deref()).await)
    }

    /// Answers the ringing call.
    pub async fn answer(&self) -> JsResult {
        thrown(self.worker.answer().await)
    }

    /// Refuses the ringing call.
    pub async fn skip(&self) -> JsResult {
        thrown(self.worker.skip().await)
    }

    /// Ends the call, in whatever state it is.
    #[wasm_bindgen(js_name = hangUp)]
    pub async fn hang_up(&self) -> JsResult {
        thrown(self.worker.hang_up().await)
    }

    /// Mutes the microphone, or unmutes it; the card follows.
    #[wasm_bindgen(js_name = setMuted)]
    pub async fn set_muted(&self, muted: bool) -> JsResult {
        thrown(self.worker.set_muted(muted).await)
    }

    /// Puts the call on hold, or takes it back; the card follows.
    #[wasm_bindgen(js_name = setHeld)]
    pub async fn set_held(&self, held: bool) -> JsResult {
        thrown(self.worker.set_held(held).await)
    }

    /// Begins to transfer the call to a user's id or a phone number, as the card's button does.
    pub async fn transfer(&self, target: String) -> JsResult {
        thrown(self.worker.transfer(&target).await)
    }

    /// Hands the customer over to whom the transfer has called, answered or not.
    #[wasm_bindgen(js_name = completeTransfer)]
    pub async fn complete_transfer(&self) -> JsResult {
        thrown(self.worker.complete_transfer().await)
    }

    /// Gives the transfer up and returns to the customer.
    #[wasm_bindgen(js_name = cancelTransfer)]
    pub async fn cancel_transfer(&self) -> JsResult {
        thrown(self.worker.cancel_transfer().await)
    }

    /// Sends one DTMF tone: `0`-`9`, `*` or `#`.
    #[wasm_bindgen(js_name = sendDtmf)]
    pub async fn send_dtmf(&self, tone: String) -> JsResult {
        thrown(self.worker.send_dtmf(&tone).await)
    }
}

/// A call's card. It comes with the event `cardinitialized` and from nowhere else; once the card is
/// closed every method rejects with `CARD_CLOSED`.
#[wasm_bindgen]
pub struct CallCard {
    handle: CardHandle,
    driver: Rc<Driver>,
}

#[wasm_bindgen]
impl CallCard {
    /// The call whose card this is.
    #[wasm_bindgen(getter, js_name = callId)]
    pub fn call_id(&self) -> String {
        self.handle.call_id().to_string()
    }

    /// `CallCardSetMute`: shows the microphone as muted or not. It mutes nothing.
    #[wasm_bindgen(js_name = setMute)]
    pub async fn set_mute(&self, muted: bool) -> JsResult {
        self.send(self.handle.set_mute(muted)).await
    }

    /// `CallCardSetHold`: shows the call as held or not. It holds nothing.
    #[wasm_bindgen(js_name = setHold)]
    pub async fn set_hold(&self, held: bool) -> JsResult {
        self.send(self.handle.set_hold(held)).await
    }

    /// `CallCardSetUiState`: puts the card into another state.
    #[wasm_bindgen(js_name = setUiState)]
    pub async fn set_ui_state(
        &self,
        state: JsUiState,
        options: Option<UiStateOptions>,
    ) -> JsResult {
        let name = JsValue::from(state).as_string().unwrap_or_default();
        let state = UiState::from_name(&name).ok_or_else(|| {
            let detail = format!("{name:?} is not one of the card's twelve states");
            to_js(&Error::new(ErrorKind::InvalidUiState, detail))
        })?;
        let options = options.map(JsValue::from).unwrap_or_default();
        let no_timer = option(&options, "disableAutoStartTimer").is_truthy();
        self.send(self.handle.set_ui_state(state, no_timer)).await
    }

    /// `CallCardGetListUiStates`: the names of the card's states.
    #[wasm_bindgen(js_name = listUiStates)]
    pub async fn list_ui_states(&self) -> Result<Vec<String>, JsValue> {
        let request = self.handle.list_ui_states();
        match self.driver.request(request).await {
            Ok(Reply::UiStates(states)) => Ok(states),
            Ok(Reply::Done) => Ok(Vec::new()),
            Err(error) => Err(to_js(&error)),
        }
    }

    /// `CallCardSetCardTitle`: sets the title.
    #[wasm_bindgen(js_name = setCardTitle)]
    pub async fn set_card_title(&self, title: String) -> JsResult {
        self.send(self.handle.set_card_title(title)).await
    }

    /// `CallCardSetStatusText`: sets the text in the middle.
    #[wasm_bindgen(js_name = setStatusText)]
    pub async fn set_status_text(&self, text: String) -> JsResult {
        self.send(self.handle.set_status_text(text)).await
    }

    /// `CallCardStartTimer`: shows the timer and lets it run.
    #[wasm_bindgen(js_name = startTimer)]
    pub async fn start_timer(&self) -> JsResult {
        self.send(self.handle.start_timer()).await
    }

    /// `CallCardStopTimer`: stops the timer.
    #[wasm_bindgen(js_name = stopTimer)]
    pub async fn stop_timer(&self) -> JsResult {
        self.send(self.handle.stop_timer()).await
    }

    /// `CallCardClose`: closes the card. The call goes on.
    pub async fn close(&self) -> JsResult {
        self.send(self.handle.close_request()).await
    }

    async fn send(&self, request: CardRequest) -> JsResult {
        thrown(self.driver.request(request).await.map(drop))
    }
}

/// Who listens to what.
#[derive(Default)]
struct Listeners {
    entries: RefCell<Vec<(u64, String, Function)>>,
    next: std::cell::Cell<u64>,
}

impl Listeners {
    fn add(&self, event: String, listener: Function) -> u64 {
        let id = self.next.get();
        self.next.set(id + 1);
        self.entries.borrow_mut().push((id, event, listener));
        id
    }

    fn remove(&self, id: u64) {
        self.entries.borrow_mut().retain(|entry| entry.0 != id);
    }

    fn tell(&self, driver: &Rc<Driver>, event: AppEvent) {
        let (name, detail) = translate(driver, event);
        // Called with nothing borrowed: a listener may listen to more, or stop listening.
        let called: Vec<Function> = {
            let entries = self.entries.borrow();
            let named = entries.iter().filter(|(_, event, _)| event == name);
            named.map(|(_, _, listener)| listener.clone()).collect()
        };
        for listener in called {
            if let Err(thrown) = listener.call1(&JsValue::UNDEFINED, &detail) {
                // The application's bug must not become the call's.
                web_sys::console::error_2(&"a listener of the call worker threw".into(), &thrown);
            }
        }
    }
}

fn translate(driver: &Rc<Driver>, event: AppEvent) -> (&'static str, JsValue) {
    match event {
        AppEvent::CardInitialized { card: handle, call } => {
            let driver = Rc::clone(driver);
            let card = CallCard { handle, driver };
            let detail = object(&[("card", card.into()), ("call", to_js_value(&call))]);
            ("cardinitialized", detail)
        }
        AppEvent::CardClosed { call_id } => {
            ("cardclosed", object(&[("callId", call_id.as_str().into())]))
        }
        AppEvent::Card(event) => ("cardevent", to_js_value(&event)),
        AppEvent::CallChanged(call) => ("callchanged", object(&[("call", to_js_value(&call))])),
        AppEvent::CallEnded(end) => ("callended", to_js_value(&end)),
        AppEvent::CallRecorded(end) => ("callrecorded", to_js_value(&end)),
        AppEvent::Registration { registered } => {
            ("registration", object(&[("registered", registered.into())]))
        }
        AppEvent::Quality(quality) => ("quality", to_js_value(&quality)),
        AppEvent::Signal(signal) => {
            let detail = object(&[
                ("command", signal.name.as_str().into()),
                ("params", to_js_value(&signal.params)),
            ]);
            ("signal", detail)
        }
        AppEvent::Error(error) => ("error", to_js(&error)),
    }
}

fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        // Setting a property of a fresh, ordinary object can't fail.
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object.into()
}

fn option(options: &JsValue, key: &str) -> JsValue {
    if options.is_object() {
        Reflect::get(options, &key.into()).unwrap_or_default()
    } else {
        JsValue::UNDEFINED
    }
}

fn to_js_value<T: Serialize>(value: &T) -> JsValue {
    // Our own types: strings, numbers, flags and lists of them always serialize.
    to_value(value).unwrap_or_default()
}

fn thrown(result: Result<(), Error>) -> JsResult {
    result.map_err(|error| to_js(&error))
}
