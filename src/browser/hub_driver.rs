//! Runs the [hub](crate::hub): in a SharedWorker, or in one of the pages.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use js_sys::{Date, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

use super::engine::Engine;
use super::from_js::FromJs;
use super::js_error::describe;
use super::options::prefix;
use super::placement::to_value;
use super::portal::{Portal, ThroughPage};
use super::pull::Listener;
use super::reach::{Port, lock_of_tab, watch};
use super::softphone::Softphone;
use super::{env, journal};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::hub::{Hub, Input, Output, PhonePlace};
use crate::link::{HubId, TabId, ToHub, decode, encode};
use crate::rest::{RestAnswer, RestFailure, RestRequest};
use crate::session::Journal;
use crate::softphone::{KeptCall, PhoneCallId};

pub(super) struct HubDriver {
    pub(super) engine: Engine<Hub>,
    /// What has happened before it was known what the hub before this one has done.
    early: RefCell<Option<Vec<Input>>>,
    /// The journal's entry.
    name: String,
    ports: RefCell<HashMap<TabId, Port>>,
    portal: OnceCell<Box<dyn Portal>>,
    /// The softphone whose signalling lives here.
    pub(super) softphone: RefCell<Option<Rc<dyn Softphone>>>,
    /// Counts the softphones.
    #[cfg(feature = "js-hub")]
    pub(super) run: Cell<u64>,
    /// Which of them has started.
    #[cfg(feature = "js-hub")]
    pub(super) started: Cell<u64>,
    /// What it is to take up then.
    pub(super) take_up: RefCell<Vec<KeptCall>>,
    /// Told which tab has the seat, or none: `undefined`.
    pub(super) seat: RefCell<Option<Function>>,
    listener: RefCell<Option<Rc<Listener>>>,
    /// Kept when what the journal should hold is written.
    written: RefCell<Promise>,
    complained: Cell<bool>,
}

impl HubDriver {
    /// A hub that finishes first what one before it has left open.
    pub(super) fn start(
        name: &str,
        place: PhonePlace,
        portal: impl FnOnce(&Rc<Self>) -> Box<dyn Portal>,
        signals: bool,
    ) -> Rc<Self> {
        // The operator is known by the first tab's configuration.
        let hub = Hub::new(HubId(env::random()), Config::new(0, prefix()), place);
        let driver = Rc::new(Self {
            engine: Engine::new(hub),
            early: RefCell::new(Some(Vec::new())),
            name: name.to_owned(),
            ports: RefCell::default(),
            portal: OnceCell::new(),
            softphone: RefCell::default(),
            #[cfg(feature = "js-hub")]
            run: Cell::default(),
            #[cfg(feature = "js-hub")]
            started: Cell::default(),
            take_up: RefCell::default(),
            seat: RefCell::default(),
            listener: RefCell::default(),
            written: RefCell::new(Promise::resolve(&JsValue::UNDEFINED)),
            complained: Cell::default(),
        });
        // There is one `start` in a hub's life.
        let _ = driver.portal.set(portal(&driver));
        let starting = Rc::clone(&driver);
        spawn_local(async move {
            starting.read_journal().await;
            if signals {
                *starting.listener.borrow_mut() = Some(Listener::start(&starting));
            }
        });
        driver
    }

    /// Something that a tab has posted.
    pub(super) fn receive(self: &Rc<Self>, port: &Port, data: &JsValue) {
        let Some(bytes) = data.dyn_ref::<Uint8Array>() else {
            return;
        };
        match decode::<ToHub>(&bytes.to_vec()) {
            Ok(message) => {
                let tab = message.tab;
                let known = self.ports.borrow_mut().insert(tab, port.clone());
                if known.is_none() {
                    self.watch(tab);
                }
                self.push(Input::Tab(message));
            }
            Err(error) => self.push(Input::Failed(error)),
        }
    }

    pub(super) fn push(self: &Rc<Self>, input: Input) {
        if let Some(early) = &mut *self.early.borrow_mut() {
            return early.push(input);
        }
        self.engine
            .push(input, |output| self.act(output), self.waker());
    }

    fn waker(self: &Rc<Self>) -> impl FnOnce() + 'static {
        let driver = Rc::downgrade(self);
        move || {
            if let Some(driver) = driver.upgrade() {
                driver
                    .engine
                    .wake(|output| driver.act(output), driver.waker());
            }
        }
    }

    /// Calls a REST method.
    pub(super) async fn call(
        &self,
        method: &'static str,
        params: JsValue,
    ) -> Result<JsValue, RestFailure> {
        match self.portal.get() {
            Some(portal) => portal.call(method, params).await,
            // It is set before anything else happens.
            None => Err(RestFailure::new(RestFailure::NO_TOKEN, "")),
        }
    }

    fn act(self: &Rc<Self>, output: Output) {
        let later = Later(Rc::downgrade(self));
        match output {
            Output::Tab(tab, message) => {
                let bytes = Uint8Array::from(encode(&message).as_slice());
                if let Some(port) = self.ports.borrow().get(&tab) {
                    // A page that is gone swallows it.
                    let _ = port.post(&bytes);
                }
            }
            Output::Rest { id, request } => {
                let written = self.written.borrow().clone();
                let driver = Rc::clone(self);
                spawn_local(async move {
                    // Kept in any case: what can't be kept must be sent all the more.
                    let _ = JsFuture::from(written).await;
                    let result = driver.rest(&request).await;
                    driver.push(Input::Rest { id, result });
                });
            }
            Output::Journal(journal) => self.write_journal(journal),
            Output::Auth(auth) => {
                if let Some(portal) = self.portal.get() {
                    portal.authorize(auth);
                }
            }
            Output::Phone(action) => {
                let done = self.softphone.borrow().as_ref().map(|it| it.act(&action));
                spawn_local(async move {
                    // Mute and hold are to hold, though the hub be gone before they are confirmed.
                    if let Some(driver) = later.0.upgrade() {
                        driver.keep(&action.call);
                    }
                    if let Some(Err(cause)) = settle(done).await {
                        later.push(Input::PhoneFailed { action, cause });
                    }
                });
            }
            Output::Resolve { question, target } => {
                let resolved = self
                    .softphone
                    .borrow()
                    .as_ref()
                    .map(|it| it.resolve(&target));
                spawn_local(async move {
                    let result = settle(resolved).await.unwrap_or(Ok(target.target));
                    later.push(Input::Resolved { question, result });
                });
            }
            Output::Sample { call } => {
                self.keep(&call);
                let counted = self
                    .softphone
                    .borrow()
                    .as_ref()
                    .map(|it| it.counters(&call));
                spawn_local(async move {
                    let counters = settle(counted).await.flatten();
                    later.push(Input::Stats { call, counters });
                });
            }
            Output::Seat(tab) => self.tell_seat(tab),
            Output::TakeUp(calls) => {
                *self.take_up.borrow_mut() = calls;
                #[cfg(feature = "js-hub")]
                if self.started.get() == self.run.get() {
                    self.take_calls_up();
                }
            }
        }
    }

    async fn rest(&self, request: &RestRequest) -> Result<RestAnswer, RestFailure> {
        let malformed =
            |error: &dyn std::fmt::Display| RestFailure::new("MALFORMED", error.to_string());
        let params = to_value(request).map_err(|error| malformed(&error))?;
        if let Some(date) = self.start_date(request) {
            // Setting a property of a fresh, ordinary object can't fail.
            let _ = Reflect::set(&params, &"CALL_START_DATE".into(), &date.into());
        }
        let result = self.call(request.method(), params).await?;
        request
            .parse_answer(FromJs(result))
            .map_err(|error| malformed(&error))
    }

    /// When the call began that the portal hears of late. By its own clock, or not at all: within half an
    /// hour of it, it knows the call again.
    fn start_date(&self, request: &RestRequest) -> Option<js_sys::JsString> {
        let RestRequest::Register(register) = request else {
            return None;
        };
        let began = register.began?.since_1970().as_secs_f64() * 1000.0;
        let ahead = self.portal.get()?.ahead()?;
        Some(Date::new(&(began + ahead).into()).to_iso_string())
    }

    pub(super) fn tell_seat(&self, tab: Option<TabId>) {
        let seat = self.seat.borrow().clone();
        if let Some(seat) = seat {
            let tab = tab.map_or(JsValue::UNDEFINED, |tab| tab.0.to_string().into());
            if let Err(thrown) = seat.call1(&JsValue::UNDEFINED, &tab) {
                web_sys::console::error_2(
                    &"the softphone could not change its seat".into(),
                    &thrown,
                );
            }
        }
    }

    /// What another hub would have to know, should this one be gone in a moment.
    pub(super) fn keep(self: &Rc<Self>, call: &PhoneCallId) {
        let kept = self
            .softphone
            .borrow()
            .as_ref()
            .and_then(|it| it.keep(call));
        if let Some(kept) = kept {
            self.push(Input::Kept(kept));
        }
    }

    /// The browser passes a tab's lock on as soon as its page is gone.
    fn watch(self: &Rc<Self>, tab: TabId) {
        let driver = Rc::downgrade(self);
        let gone = Closure::once_into_js(move || {
            if let Some(driver) = driver.upgrade() {
                driver.ports.borrow_mut().remove(&tab);
                driver.push(Input::TabGone(tab));
            }
        });
        watch(&lock_of_tab(tab), gone.unchecked_ref());
    }

    // ---- the journal ----

    /// Until it is read nothing is acted upon: it may have been done already.
    async fn read_journal(self: &Rc<Self>) {
        let read = journal::read(&self.name).await;
        let early = self.early.take();
        match read {
            Ok(journal) => self.push(Input::Journal(journal)),
            Err(why) => self.complain(&why),
        }
        for input in early.unwrap_or_default() {
            self.push(input);
        }
    }

    /// Kept when what the journal should hold by now is written.
    #[cfg(feature = "js-hub")]
    pub(super) fn written(&self) -> Promise {
        self.written.borrow().clone()
    }

    fn write_journal(self: &Rc<Self>, journal: Journal) {
        let before = self.written.borrow().clone();
        let driver = Rc::clone(self);
        *self.written.borrow_mut() = future_to_promise(async move {
            // In order, whatever became of the one before.
            let _ = JsFuture::from(before).await;
            if let Err(why) = journal::write(&driver.name, &journal).await {
                driver.complain(&why);
            }
            Ok(JsValue::UNDEFINED)
        });
    }

    /// Said once: it would be the same each time.
    fn complain(self: &Rc<Self>, why: &JsValue) {
        if self.complained.replace(true) {
            return;
        }
        let detail = format!(
            "this browser keeps no journal ({}): a call's record stays open if the browser ends in \
             mid-call; allow the application to store data",
            describe(why)
        );
        self.push(Input::Failed(Error::new(ErrorKind::Hub, detail)));
    }
}

/// What a softphone promised, if there is one.
async fn settle<T>(promised: Option<impl std::future::Future<Output = T>>) -> Option<T> {
    match promised {
        Some(promised) => Some(promised.await),
        None => None,
    }
}

struct Later(Weak<HubDriver>);

impl Later {
    fn push(&self, input: Input) {
        if let Some(driver) = self.0.upgrade() {
            driver.push(input);
        }
    }
}

/// What starts a hub in this page: a function that gives what takes its ports.
/// It is told the hub's name.
pub(super) fn hub_in_page(signals: bool) -> JsValue {
    let begin = Closure::<dyn Fn(String) -> Function>::new(move |name: String| {
        let driver = HubDriver::start(&name, PhonePlace::Seat, |_| Box::new(ThroughPage), signals);
        leave_with_page(&driver);
        let attach = Closure::<dyn Fn(JsValue)>::new(move |port: JsValue| {
            let driver = Rc::clone(&driver);
            let its: Port = port.clone().unchecked_into();
            let heard = Closure::<dyn Fn(web_sys::MessageEvent)>::new(
                move |event: web_sys::MessageEvent| driver.receive(&its, &event.data()),
            );
            let port: web_sys::MessagePort = port.unchecked_into();
            port.set_onmessage(Some(heard.into_js_value().unchecked_ref()));
        });
        attach.into_js_value().unchecked_into()
    });
    begin.into_js_value()
}

/// A hub that lives in a page ends with it: what is not sent now may never be.
fn leave_with_page(driver: &Rc<HubDriver>) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let driver = Rc::downgrade(driver);
    let handler = Closure::<dyn Fn()>::new(move || {
        if let Some(driver) = driver.upgrade() {
            driver.push(Input::Leave);
        }
    });
    let handler: Function = handler.into_js_value().unchecked_into();
    let _ = window.add_event_listener_with_callback("pagehide", &handler);
}
