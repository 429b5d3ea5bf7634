//! The JavaScript classes: `CallWorker` and `CallCard`. They only translate.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::driver::{Driver, Sink};
use super::from_js;
use super::js_error::to_js;
use super::js_softphones::JsSoftphones;
use super::listeners::{EVENTS, Listeners, object, to_js_value};
use super::options::Options;
use super::placement;
use super::softphone::{NoSoftphone, Softphones};
use super::worker::{WayToHub, Worker, target_of, tone_of};
use crate::card::{Reply, UiState};
use crate::error::{Error, ErrorKind};
use crate::session::{DialOptions, OperatorAction};
use crate::softphone::PhoneCallId;
use crate::tab::{CardHandle, CardRequest};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("exports.d.ts");

#[wasm_bindgen]
extern "C" {
    /// `StartOptions` of `exports.d.ts`.
    #[wasm_bindgen(typescript_type = "StartOptions")]
    pub type StartOptions;
    /// The line, or the line, headers for the INVITE, and whose call it is.
    #[wasm_bindgen(
        typescript_type = "string | { line?: string; headers?: Record<string, string>; crmEntity?: CrmEntity }"
    )]
    pub type DialHow;
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

/// What `CallWorker.start` takes besides [`Options`]: what JSON could not say.
const OWN: [&str; 4] = ["softphone", "hub", "media", "report"];

/// The call worker of one `PAGE_BACKGROUND_WORKER` page. It runs until the page goes or it is stopped, whether its
/// object is kept or not.
#[wasm_bindgen]
pub struct CallWorker {
    worker: Worker,
    listeners: Rc<Listeners>,
}

#[wasm_bindgen]
impl CallWorker {
    /// Starts the worker: greets the portal, binds the card's events, reaches the hub.
    ///
    /// Rejects with a `CallCardError`: `NOT_IN_PLACEMENT`, `WRONG_PLACEMENT`, `MALFORMED`.
    pub async fn start(options: StartOptions) -> Result<CallWorker, JsValue> {
        let given: JsValue = options.into();
        let softphone = option(&given, "softphone");
        let absent = softphone.is_undefined() || softphone.is_null();
        if !absent && !softphone.is_object() && !softphone.is_function() {
            return Err(to_js(&Error::new(
                ErrorKind::Malformed,
                "the softphone that CallWorker.start was given is none: give an object as \
                 softphone.d.ts describes it, a function that makes one, or leave it out",
            )));
        }
        let report = option(&given, "report").dyn_into::<Function>().ok();
        let way = WayToHub {
            worker: option(&given, "hub"),
            here: JsValue::UNDEFINED,
        };
        let media = option(&given, "media").dyn_into::<Function>().ok();
        let options: Options = from_js::read_options(given, &OWN).map_err(|error| {
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
        let softphones: Box<dyn Softphones> = if absent {
            Box::new(NoSoftphone)
        } else {
            Box::new(JsSoftphones::new(softphone, media))
        };
        let worker = Worker::start_with(softphones, options, sink, way)
            .await
            .map_err(|error| to_js(&error))?;
        // It runs for the page's life: a worker that stopped because the garbage collector found
        // its object unused would be a phone that goes dead by itself.
        std::mem::forget(worker.clone());
        listeners.open_soon();
        Ok(Self { worker, listeners })
    }

    /// Stops it: the softphone signs off or moves to another tab, and the microphone is free. Nothing is heard of
    /// the card any more, each method rejects, and another `CallWorker` may be started in this page.
    pub fn stop(&self) {
        self.worker.stop();
    }

    /// Asks for another softphone, made anew, as soon as no call is up: the operator's account has
    /// changed, say. Works in every tab; the one with the seat must have been given a function.
    #[wasm_bindgen(js_name = renewSoftphone)]
    pub fn renew_softphone(&self) {
        self.worker.renew_softphone();
    }

    /// The numbers of the softphone's lines, in place of those it was started with.
    #[wasm_bindgen(js_name = setLines)]
    pub fn set_lines(&self, lines: Vec<String>) {
        self.worker.set_lines(lines);
    }

    /// The portal's page that this worker stands on: what the portal has told of it (`PLACEMENT_OPTIONS`),
    /// and its language.
    #[wasm_bindgen(getter, unchecked_return_type = "PortalPage")]
    pub fn page(&self) -> JsValue {
        // The worker has started, so BX24.js is there.
        let options = placement::options().unwrap_or_else(|_| Object::new().into());
        let language = placement::language().unwrap_or_default();
        object(&[("options", options), ("language", language.into())])
    }

    /// Whether this tab has the seat: the softphone, and with it the sound, is in one tab at a time.
    #[wasm_bindgen(getter, js_name = hasSeat)]
    pub fn has_seat(&self) -> bool {
        self.worker.has_seat()
    }

    /// The call, if there is one.
    #[wasm_bindgen(getter)]
    pub fn call(&self) -> MaybeCall {
        to_js_value(&self.worker.call()).unchecked_into()
    }

    /// Calls `listener` for each event of this type; the function it returns stops that.
    ///
    /// Throws a `CallCardError` with the code `MALFORMED` where there is no such event.
    #[wasm_bindgen(skip_typescript)]
    pub fn on(&self, event: String, listener: Function) -> Result<Function, JsValue> {
        if !EVENTS.contains(&event.as_str()) {
            let there = EVENTS.join(", ");
            let detail = format!("there is no event {event:?} to listen to; there are {there}");
            return Err(to_js(&Error::new(ErrorKind::Malformed, detail)));
        }
        let id = self.listeners.add(event, listener);
        let listeners = Rc::downgrade(&self.listeners);
        let off = Closure::<dyn Fn()>::new(move || {
            if let Some(listeners) = listeners.upgrade() {
                listeners.remove(id);
            }
        });
        Ok(off.into_js_value().unchecked_into())
    }

    /// Registers a call to `number` with the portal, raises its card, and dials: from a line, with headers
    /// for the INVITE, and for an entity of the CRM, where they are given. Resolves with the softphone's name
    /// of the call, its `phoneCallId`, before anybody is reached.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn dial(&self, number: String, how: Option<DialHow>) -> Promise {
        let how: JsValue = how.map(JsValue::from).unwrap_or_default();
        // A line alone may be given as it is.
        let line = how.as_string();
        let how: DialOptions = match line {
            Some(line) => DialOptions {
                line: Some(line),
                ..DialOptions::default()
            },
            None if how.is_object() => match from_js::read(how) {
                Ok(how) => how,
                Err(error) => {
                    let detail = format!("dial can't read its options: {error}");
                    return Promise::reject(&to_js(&Error::new(ErrorKind::Malformed, detail)));
                }
            },
            None => DialOptions::default(),
        };
        self.operate(OperatorAction::Dial { number, how })
    }

    /// `true` for the first who asks this key, in all of the operator's tabs: whoever is told so does what the
    /// key stands for, and nobody else. Keys are remembered for two days, the last 256 of them.
    #[wasm_bindgen(unchecked_return_type = "Promise<boolean>")]
    pub fn once(&self, key: String) -> Promise {
        let driver = Rc::clone(&self.worker.driver);
        promised(Box::pin(async move {
            driver.once(key).await.map(JsValue::from)
        }))
    }

    /// Answers the ringing call.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn answer(&self) -> Promise {
        self.operate(OperatorAction::Answer)
    }

    /// Refuses the ringing call.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn skip(&self) -> Promise {
        self.operate(OperatorAction::Skip)
    }

    /// Ends the call, in whatever state it is.
    #[wasm_bindgen(js_name = hangUp, unchecked_return_type = "Promise<void>")]
    pub fn hang_up(&self) -> Promise {
        self.operate(OperatorAction::HangUp)
    }

    /// Mutes the microphone, or unmutes it; the card follows.
    #[wasm_bindgen(js_name = setMuted, unchecked_return_type = "Promise<void>")]
    pub fn set_muted(&self, muted: bool) -> Promise {
        self.operate(OperatorAction::SetMuted(muted))
    }

    /// Puts the call on hold, or takes it back; the card follows.
    #[wasm_bindgen(js_name = setHeld, unchecked_return_type = "Promise<void>")]
    pub fn set_held(&self, held: bool) -> Promise {
        self.operate(OperatorAction::SetHeld(held))
    }

    /// Begins to transfer the call to a user's id or a phone number, as the card's button does.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn transfer(&self, target: String) -> Promise {
        self.operate(OperatorAction::Transfer(target_of(target)))
    }

    /// Hands the customer over to whom the transfer has called, answered or not.
    #[wasm_bindgen(js_name = completeTransfer, unchecked_return_type = "Promise<void>")]
    pub fn complete_transfer(&self) -> Promise {
        self.operate(OperatorAction::CompleteTransfer)
    }

    /// Gives the transfer up and returns to the customer.
    #[wasm_bindgen(js_name = cancelTransfer, unchecked_return_type = "Promise<void>")]
    pub fn cancel_transfer(&self) -> Promise {
        self.operate(OperatorAction::CancelTransfer)
    }

    /// Sends one DTMF tone: `0`-`9`, `*` or `#`.
    #[wasm_bindgen(js_name = sendDtmf, unchecked_return_type = "Promise<void>")]
    pub fn send_dtmf(&self, tone: String) -> Promise {
        match tone_of(&tone) {
            Ok(tone) => self.operate(OperatorAction::SendDtmf(tone)),
            Err(error) => Promise::reject(&to_js(&error)),
        }
    }
}

impl CallWorker {
    /// One future for all that an operator can do: each of its own would be in the module once more.
    fn operate(&self, action: OperatorAction) -> Promise {
        let driver = Rc::clone(&self.worker.driver);
        promised(Box::pin(async move {
            Ok(match driver.operate(action).await? {
                Reply::Dialling(PhoneCallId(name)) => name.into(),
                _ => JsValue::UNDEFINED,
            })
        }))
    }
}

/// What JavaScript awaits.
fn promised(future: Pin<Box<dyn Future<Output = Result<JsValue, Error>>>>) -> Promise {
    future_to_promise(async move { future.await.map_err(|error| to_js(&error)) })
}

/// A call's card. It comes with the event `cardinitialized` and from nowhere else; once the card is
/// closed every method rejects with `CARD_CLOSED`.
#[wasm_bindgen]
pub struct CallCard {
    pub(super) handle: CardHandle,
    pub(super) driver: Rc<Driver>,
}

#[wasm_bindgen]
impl CallCard {
    /// The call whose card this is.
    #[wasm_bindgen(getter, js_name = callId)]
    pub fn call_id(&self) -> String {
        self.handle.call_id().to_string()
    }

    /// `CallCardSetMute`: shows the microphone as muted or not. It mutes nothing.
    #[wasm_bindgen(js_name = setMute, unchecked_return_type = "Promise<void>")]
    pub fn set_mute(&self, muted: bool) -> Promise {
        self.send(self.handle.set_mute(muted))
    }

    /// `CallCardSetHold`: shows the call as held or not. It holds nothing.
    #[wasm_bindgen(js_name = setHold, unchecked_return_type = "Promise<void>")]
    pub fn set_hold(&self, held: bool) -> Promise {
        self.send(self.handle.set_hold(held))
    }

    /// `CallCardSetUiState`: puts the card into another state.
    #[wasm_bindgen(js_name = setUiState, unchecked_return_type = "Promise<void>")]
    pub fn set_ui_state(&self, state: JsUiState, options: Option<UiStateOptions>) -> Promise {
        let name = JsValue::from(state).as_string().unwrap_or_default();
        let Some(state) = UiState::from_name(&name) else {
            let detail = format!("{name:?} is not one of the card's twelve states");
            return Promise::reject(&to_js(&Error::new(ErrorKind::InvalidUiState, detail)));
        };
        let options = options.map(JsValue::from).unwrap_or_default();
        let no_timer = option(&options, "disableAutoStartTimer").is_truthy();
        self.send(self.handle.set_ui_state(state, no_timer))
    }

    /// `CallCardGetListUiStates`: the names of the card's states.
    #[wasm_bindgen(js_name = listUiStates, unchecked_return_type = "Promise<string[]>")]
    pub fn list_ui_states(&self) -> Promise {
        self.send_for(self.handle.list_ui_states(), Array::new().into())
    }

    /// `CallCardSetCardTitle`: sets the title.
    #[wasm_bindgen(js_name = setCardTitle, unchecked_return_type = "Promise<void>")]
    pub fn set_card_title(&self, title: String) -> Promise {
        self.send(self.handle.set_card_title(title))
    }

    /// `CallCardSetStatusText`: sets the text in the middle.
    #[wasm_bindgen(js_name = setStatusText, unchecked_return_type = "Promise<void>")]
    pub fn set_status_text(&self, text: String) -> Promise {
        self.send(self.handle.set_status_text(text))
    }

    /// `CallCardStartTimer`: shows the timer and lets it run.
    #[wasm_bindgen(js_name = startTimer, unchecked_return_type = "Promise<void>")]
    pub fn start_timer(&self) -> Promise {
        self.send(self.handle.start_timer())
    }

    /// `CallCardStopTimer`: stops the timer.
    #[wasm_bindgen(js_name = stopTimer, unchecked_return_type = "Promise<void>")]
    pub fn stop_timer(&self) -> Promise {
        self.send(self.handle.stop_timer())
    }

    /// `CallCardClose`: closes the card. The call goes on.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise {
        self.send(self.handle.close_request())
    }
}

impl CallCard {
    fn send(&self, request: CardRequest) -> Promise {
        self.send_for(request, JsValue::UNDEFINED)
    }

    /// `done`: what an answer without content means.
    fn send_for(&self, request: CardRequest, done: JsValue) -> Promise {
        let driver = Rc::clone(&self.driver);
        promised(Box::pin(async move {
            Ok(match driver.request(request).await? {
                Reply::UiStates(states) => {
                    let states = states.into_iter().map(JsValue::from);
                    states.collect::<Array>().into()
                }
                _ => done,
            })
        }))
    }
}

fn option(options: &JsValue, key: &str) -> JsValue {
    if options.is_object() {
        Reflect::get(options, &key.into()).unwrap_or_default()
    } else {
        JsValue::UNDEFINED
    }
}
