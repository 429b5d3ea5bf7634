//! Runs the [tab](crate::tab) in its page: BX24.js, the port to the hub, and the softphone while this
//! page has the seat.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::engine::Engine;
use super::placement;
use super::reach::{Alive, Port, alive, lock_of_tab};
use super::softphone::{Emitter, Made, Media, Softphone, Softphones};
use crate::card::Reply;
use crate::error::{Error, ErrorKind};
use crate::link::{Auth, TabId, decode, encode};
use crate::session::{News, OperatorAction, PortalAction, Token};
use crate::softphone::{EndCause, KeptCall, PhoneCallId, PhoneEvent};
use crate::tab::{CardRequest, Input, OUTDATED, Output, Tab, TabEvent};

/// Where the tab's news goes.
pub(super) type Sink = Box<dyn Fn(&Rc<Driver>, TabEvent)>;

/// Who waits for the answer to a request.
type Answerer = oneshot::Sender<Result<Reply, Error>>;

pub(super) struct Driver {
    engine: OnceCell<Engine<Tab>>,
    /// What happened before it was known who the operator is.
    early: RefCell<Vec<Input>>,
    port: RefCell<Option<Port>>,
    alive: RefCell<Option<Alive>>,
    softphones: Box<dyn Softphones>,
    /// The softphone that runs here, and its run's number.
    softphone: RefCell<Option<(u64, Rc<dyn Softphone>)>>,
    /// The run whose softphone has started.
    started: Cell<Option<u64>>,
    /// What it is to take up then.
    take_up: RefCell<Vec<KeptCall>>,
    /// What serves the media of the hub's softphone here.
    media: RefCell<Option<Media>>,
    /// The run that is wanted: a softphone may still be on its way.
    run: Cell<Option<u64>>,
    sink: Sink,
    /// A handful at most.
    waiting: RefCell<Vec<(Token, Answerer)>>,
    tokens: Cell<u64>,
    stopped: Cell<bool>,
}

impl Driver {
    pub(super) fn new(softphones: Box<dyn Softphones>, sink: Sink) -> Rc<Self> {
        Rc::new(Self {
            engine: OnceCell::new(),
            early: RefCell::default(),
            port: RefCell::default(),
            alive: RefCell::default(),
            softphones,
            softphone: RefCell::default(),
            started: Cell::default(),
            take_up: RefCell::default(),
            media: RefCell::default(),
            run: Cell::default(),
            sink,
            waiting: RefCell::default(),
            tokens: Cell::default(),
            stopped: Cell::default(),
        })
    }

    /// As if the page were left for good, though it stays.
    pub(super) fn stop(self: &Rc<Self>) {
        self.leave();
        self.stopped.set(true);
        self.waiting.take();
    }

    /// Whether there is a softphone to start here.
    pub(super) fn has_softphone(&self) -> bool {
        self.softphones.are_there()
    }

    /// The operator is known: from now on inputs are handled, those that waited first.
    pub(super) fn begin(self: &Rc<Self>, tab: Tab) {
        // There is one `begin` in a worker's life.
        let _ = self.engine.set(Engine::new(tab));
        for input in self.early.take() {
            self.push(input);
        }
    }

    /// Holds the lock by which the hub knows that this page lives.
    pub(super) async fn live(&self, tab: TabId) {
        let lock = alive(&lock_of_tab(tab));
        let ready = lock.ready();
        *self.alive.borrow_mut() = Some(lock);
        // It resolves whether there are locks or not.
        let _ = JsFuture::from(ready).await;
    }

    /// The page is left: a browser keeps no page that holds a lock.
    pub(super) fn leave(self: &Rc<Self>) {
        self.push(Input::Leaving);
        if let Some(alive) = self.alive.borrow_mut().take() {
            alive.release();
        }
    }

    /// The browser brings the page back as it was.
    pub(super) fn back(self: &Rc<Self>) {
        let driver = Rc::clone(self);
        spawn_local(async move {
            if let Some(tab) = driver.with_tab(Tab::id) {
                driver.live(tab).await;
                driver.push(Input::Back);
            }
        });
    }

    /// A hub is reached by this port.
    pub(super) fn reached(self: &Rc<Self>, port: Port) {
        *self.port.borrow_mut() = Some(port);
        self.send_auth();
        self.push(Input::HubReached);
    }

    /// A newer version has the phone.
    pub(super) fn outdated(self: &Rc<Self>) {
        self.report(Error::new(ErrorKind::Hub, OUTDATED));
        self.push(Input::Outdated);
    }

    /// The hub says something.
    pub(super) fn heard(self: &Rc<Self>, data: &JsValue) {
        let Some(bytes) = data.dyn_ref::<Uint8Array>() else {
            return;
        };
        match decode(&bytes.to_vec()) {
            Ok(message) => self.push(Input::Hub(message)),
            Err(error) => self.report(error),
        }
    }

    /// Gives the hub the portal's token.
    pub(super) fn send_auth(self: &Rc<Self>) {
        if let Ok(auth) = placement::auth() {
            self.push(Input::Auth(Auth {
                endpoint: placement::endpoint(&auth.domain),
                access_token: auth.access_token,
            }));
        }
    }

    /// Queues what has happened, and handles it unless that is going on already.
    pub(super) fn push(self: &Rc<Self>, input: Input) {
        if self.stopped.get() {
            return;
        }
        let Some(engine) = self.engine.get() else {
            return self.early.borrow_mut().push(input);
        };
        engine.push(input, |output| self.act(output), self.waker());
    }

    fn waker(self: &Rc<Self>) -> impl FnOnce() + 'static {
        let driver = Rc::downgrade(self);
        move || {
            if let Some(driver) = driver.upgrade()
                && !driver.stopped.get()
                && let Some(engine) = driver.engine.get()
            {
                engine.wake(|output| driver.act(output), driver.waker());
            }
        }
    }

    /// Tells the application of an error that is this page's alone.
    pub(super) fn report(self: &Rc<Self>, error: Error) {
        (self.sink)(self, TabEvent::News(News::Error(error)));
    }

    /// Looks at the tab, unless it is stopped.
    pub(super) fn with_tab<T>(&self, look: impl FnOnce(&Tab) -> T) -> Option<T> {
        let engine = self.engine.get().filter(|_| !self.stopped.get());
        engine.map(|engine| engine.with(look))
    }

    /// Sends a card command of the application.
    pub(super) async fn request(self: &Rc<Self>, request: CardRequest) -> Result<Reply, Error> {
        self.answered(|token| Input::Request { request, token })
            .await
    }

    /// Does what the operator could do on the card.
    pub(super) async fn operate(self: &Rc<Self>, action: OperatorAction) -> Result<Reply, Error> {
        self.answered(|token| Input::Operator { action, token })
            .await
    }

    /// Whether the application is the first, in all tabs, to ask for this.
    pub(super) async fn once(self: &Rc<Self>, key: String) -> Result<bool, Error> {
        let reply = self.answered(|token| Input::Once { key, token }).await?;
        Ok(reply == Reply::First(true))
    }

    async fn answered(self: &Rc<Self>, input: impl FnOnce(Token) -> Input) -> Result<Reply, Error> {
        let token = Token(self.tokens.get());
        self.tokens.set(token.0 + 1);
        let (sender, receiver) = oneshot::channel();
        if self.stopped.get() {
            drop(sender);
        } else {
            self.waiting.borrow_mut().push((token, sender));
        }
        self.push(input(token));
        // The sender is kept until it is used, or the worker is stopped.
        receiver
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::NoCall, "the worker has been stopped")))
    }

    fn act(self: &Rc<Self>, output: Output) {
        let later = Later(Rc::downgrade(self));
        match output {
            Output::Hub(message) => {
                let bytes = Uint8Array::from(encode(&message).as_slice());
                if let Some(port) = &*self.port.borrow() {
                    // A port that is gone swallows it: it is said again to the next one.
                    let _ = port.post(&bytes);
                }
            }
            // `reach.js` watches the hub's lock; a hub that lives and is slow hears everything again.
            Output::HubLost => self.push(Input::HubReached),
            Output::Card {
                serial,
                command,
                token,
            } => spawn_local(async move {
                let result = placement::command(&command).await;
                later.push(Input::CardReply {
                    serial,
                    command,
                    token,
                    result,
                });
            }),
            Output::StartPhone { run, whole: true } => self.start_phone(run),
            Output::StartPhone { run, whole: false } => self.serve_media(run),
            Output::TakeUp { run, calls } => {
                *self.take_up.borrow_mut() = calls;
                if self.started.get() == Some(run) {
                    self.take_calls_up(run);
                }
            }
            Output::StopPhone => self.stop_phone(),
            Output::Phone { run, action } => {
                let phone = self.phone().filter(|(its, _)| *its == run);
                let done = phone.map(|(_, phone)| phone.act(&action));
                spawn_local(async move {
                    let gone = || Err(EndCause::error("SOFTPHONE", "The softphone is not there"));
                    let done = match done {
                        Some(done) => done.await,
                        None => gone(),
                    };
                    if let Err(cause) = done {
                        later.push(Input::PhoneFailed { run, action, cause });
                    }
                });
            }
            Output::Resolve { question, target } => {
                let resolved = self.phone().map(|(_, phone)| phone.resolve(&target));
                spawn_local(async move {
                    let result = match resolved {
                        Some(resolved) => resolved.await,
                        None => Ok(target.target),
                    };
                    later.push(Input::Resolved { question, result });
                });
            }
            Output::Sample { call } => {
                if let Some((run, _)) = self.phone() {
                    self.keep(run, &call);
                }
                let counted = self.phone().map(|(_, phone)| phone.counters(&call));
                spawn_local(async move {
                    let counters = match counted {
                        Some(counted) => counted.await,
                        None => None,
                    };
                    later.push(Input::Stats { call, counters });
                });
            }
            Output::Portal(action) => spawn_local(async move {
                let done = match action {
                    PortalAction::OpenApplication(params) => {
                        placement::open_application_json(&params).await
                    }
                    PortalAction::OpenPath(path) => placement::open_path(&path).await,
                };
                if let (Err(error), Some(driver)) = (done, later.0.upgrade()) {
                    driver.report(error);
                }
            }),
            Output::RefreshAuth => spawn_local(async move {
                let fresh = placement::refresh_auth().await;
                match (fresh, later.0.upgrade()) {
                    (Ok(_), Some(driver)) => driver.send_auth(),
                    (Err(error), Some(driver)) => driver.report(error),
                    (_, None) => {}
                }
            }),
            Output::Answer { token, result } => {
                let mut waiting = self.waiting.borrow_mut();
                let asked = waiting.iter().position(|(its, _)| *its == token);
                if let Some(index) = asked {
                    // Whoever asked may have stopped listening.
                    let _ = waiting.swap_remove(index).1.send(result);
                }
            }
            Output::Event(event) => (self.sink)(self, event),
        }
    }

    // ---- the softphone, while this page has the seat ----

    fn phone(&self) -> Option<(u64, Rc<dyn Softphone>)> {
        self.softphone.borrow().clone()
    }

    fn start_phone(self: &Rc<Self>, run: u64) {
        self.run.set(Some(run));
        let made = self.softphones.make();
        let driver = Rc::downgrade(self);
        spawn_local(async move {
            match (Self::started(&driver, run, made).await, driver.upgrade()) {
                (Err(cause), Some(driver)) => driver.push(Input::PhoneNotStarted { run, cause }),
                (Ok(()), Some(driver)) if driver.run.get() == Some(run) => {
                    driver.started.set(Some(run));
                    driver.take_calls_up(run);
                }
                _ => {}
            }
        });
    }

    async fn started(driver: &Weak<Self>, run: u64, made: Made) -> Result<(), EndCause> {
        let phone = made.await?;
        let wanted = driver
            .upgrade()
            .filter(|driver| driver.run.get() == Some(run));
        let Some(strong) = wanted else {
            // The seat has moved on meanwhile: it would ring where nobody hears it.
            return phone.stop().await;
        };
        *strong.softphone.borrow_mut() = Some((run, Rc::clone(&phone)));
        let emitter = Emitter::in_page(Rc::downgrade(&strong), run);
        // Nobody is kept alive by a softphone that takes its time.
        drop(strong);
        let started = phone.start(emitter).await;
        if started.is_err() {
            // It may be registered by now, and would ring where nobody hears it.
            let _ = phone.stop().await;
        }
        started
    }

    /// The softphone says something.
    pub(super) fn phone_says(self: &Rc<Self>, run: u64, event: PhoneEvent) {
        let call = event.call().cloned();
        self.push(Input::Phone { run, event });
        if let Some(call) = call {
            self.keep(run, &call);
        }
    }

    /// What another softphone would have to know, should this page be gone in a moment.
    fn keep(self: &Rc<Self>, run: u64, call: &PhoneCallId) {
        let phone = self.phone().filter(|(its, _)| *its == run);
        if let Some(call) = phone.and_then(|(_, phone)| phone.keep(call)) {
            self.push(Input::Kept { run, call });
        }
    }

    fn take_calls_up(self: &Rc<Self>, run: u64) {
        let calls = self.take_up.take();
        let Some((_, phone)) = self.phone().filter(|_| !calls.is_empty()) else {
            return;
        };
        let later = Later(Rc::downgrade(self));
        spawn_local(async move {
            if let Err(cause) = phone.take_up(&calls).await {
                for KeptCall { call_id, .. } in calls {
                    let cause = cause.clone();
                    let event = PhoneEvent::Ended { call_id, cause };
                    later.push(Input::Phone { run, event });
                }
            }
        });
    }

    fn stop_phone(self: &Rc<Self>) {
        self.run.set(None);
        self.started.set(None);
        self.take_up.take();
        let phone = self.softphone.borrow_mut().take();
        if let Some((_, phone)) = phone {
            let stopped = phone.stop();
            let driver = Rc::downgrade(self);
            spawn_local(async move {
                if let (Err(cause), Some(driver)) = (stopped.await, driver.upgrade()) {
                    driver.report(cause.failed("the softphone did not stop"));
                }
            });
        }
        if let Some(media) = self.media.borrow_mut().take() {
            media.stop();
        }
        self.softphones
            .may_start_again(&|can| self.push(Input::CanTakeSeat(can)));
    }

    /// The softphone's signalling is in the hub; its media comes here.
    fn serve_media(self: &Rc<Self>, run: u64) {
        self.run.set(Some(run));
        let served = self.softphones.media();
        let driver = Rc::downgrade(self);
        spawn_local(async move {
            let served = served.await;
            let Some(driver) = driver.upgrade() else {
                return;
            };
            match served {
                Ok(media) if driver.run.get() == Some(run) => driver.hand_over(media),
                Ok(media) => media.stop(),
                Err(cause) => driver.push(Input::PhoneNotStarted { run, cause }),
            }
        });
    }

    /// The hub gets the port behind which the media is, and what softphone it is for.
    fn hand_over(self: &Rc<Self>, media: Media) {
        let tab = self.with_tab(|tab| tab.id().0.to_string());
        let message = Object::new();
        for (key, value) in [
            ("media", &media.port),
            ("phone", &media.phone),
            ("tab", &tab.unwrap_or_default().into()),
        ] {
            // Setting a property of a fresh, ordinary object can't fail.
            let _ = Reflect::set(&message, &key.into(), value);
        }
        if let Some(hub) = &*self.port.borrow() {
            let _ = hub.post_with(&message, &Array::of1(&media.port));
        }
        *self.media.borrow_mut() = Some(media);
    }
}

/// Whoever waits for the world holds no worker alive.
struct Later(Weak<Driver>);

impl Later {
    fn push(&self, input: Input) {
        if let Some(driver) = self.0.upgrade() {
            driver.push(input);
        }
    }
}
