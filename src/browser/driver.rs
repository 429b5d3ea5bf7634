//! Carries inputs to the session and its outputs into the world.
//!
//! Softphones answer from inside a call and listeners act from inside an event, so everything that
//! comes in is queued, and outputs are acted upon with nothing borrowed.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::patient::{millis, pause};
use super::pull::Listener;
use super::softphone::Softphone;
use super::{claims, clock, placement, rest};
use crate::card::Reply;
use crate::error::{Error, ErrorKind};
use crate::rest::{CallType, Register, RestAnswer, RestFailure, RestRequest};
use crate::session::{
    AppEvent, CardRequest, Input, OperatorAction, Output, PortalAction, Session, Token,
    claim_of_call,
};

/// Where the session's news goes.
pub(super) type Sink = Box<dyn Fn(&Rc<Driver>, AppEvent)>;

pub(super) struct Driver {
    /// `None` until the operator is known; inputs wait in the queue.
    session: RefCell<Option<Session>>,
    queue: RefCell<VecDeque<Input>>,
    running: Cell<bool>,
    timer: RefCell<Option<Timeout>>,
    softphone: Box<dyn Softphone>,
    sink: Sink,
    listener: RefCell<Option<Rc<Listener>>>,
    waiting: RefCell<HashMap<Token, oneshot::Sender<Result<Reply, Error>>>>,
    tokens: Cell<u64>,
}

impl Driver {
    pub(super) fn new(softphone: Box<dyn Softphone>, sink: Sink) -> Rc<Self> {
        Rc::new(Self {
            session: RefCell::default(),
            queue: RefCell::default(),
            running: Cell::default(),
            timer: RefCell::default(),
            softphone,
            sink,
            listener: RefCell::default(),
            waiting: RefCell::default(),
            tokens: Cell::default(),
        })
    }

    /// The operator is known: from now on inputs are handled, those that waited first.
    pub(super) fn begin(self: &Rc<Self>, session: Session) {
        *self.session.borrow_mut() = Some(session);
        self.run();
    }

    /// Begins to listen to signals.
    pub(super) fn listen(self: &Rc<Self>) {
        *self.listener.borrow_mut() = Listener::start(self);
    }

    pub(super) fn softphone(&self) -> &dyn Softphone {
        &*self.softphone
    }

    /// Queues what has happened, and handles it unless that is going on already.
    pub(super) fn push(self: &Rc<Self>, input: Input) {
        self.queue.borrow_mut().push_back(input);
        self.run();
    }

    /// Tells the application of an error that is not the session's.
    pub(super) fn report(self: &Rc<Self>, error: Error) {
        (self.sink)(self, AppEvent::Error(error));
    }

    /// Looks at the session.
    pub(super) fn with_session<T>(&self, look: impl FnOnce(&Session) -> T) -> Option<T> {
        self.session.borrow().as_ref().map(look)
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

    async fn answered(self: &Rc<Self>, input: impl FnOnce(Token) -> Input) -> Result<Reply, Error> {
        let token = Token(self.tokens.get());
        self.tokens.set(token.0 + 1);
        let (sender, receiver) = oneshot::channel();
        self.waiting.borrow_mut().insert(token, sender);
        self.push(input(token));
        // The sender is kept until it is used; it is dropped only with the worker.
        receiver
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::NoCall, "the worker has been stopped")))
    }

    fn run(self: &Rc<Self>) {
        if self.running.get() || self.session.borrow().is_none() {
            return;
        }
        self.running.set(true);
        while let Some(input) = self.next_input() {
            self.step(|session| session.handle_input(clock::now(), input));
        }
        self.arm();
        self.running.set(false);
    }

    fn next_input(&self) -> Option<Input> {
        self.queue.borrow_mut().pop_front()
    }

    /// Lets the session take one step, then acts on what it wants, with nothing borrowed.
    fn step(self: &Rc<Self>, step: impl FnOnce(&mut Session)) {
        let mut outputs = Vec::new();
        if let Some(session) = self.session.borrow_mut().as_mut() {
            step(session);
            outputs.extend(std::iter::from_fn(|| session.poll_output()));
        }
        for output in outputs {
            self.act(output);
        }
    }

    fn act(self: &Rc<Self>, output: Output) {
        let driver = Rc::downgrade(self);
        // Whoever waits for the world holds no worker alive.
        let later = {
            let driver = driver.clone();
            move |input| {
                if let Some(driver) = driver.upgrade() {
                    driver.push(input);
                }
            }
        };
        match output {
            Output::Card {
                serial,
                command,
                token,
            } => {
                spawn_local(async move {
                    let result = placement::command(&command).await;
                    later(Input::CardReply {
                        serial,
                        command,
                        token,
                        result,
                    });
                });
            }
            Output::Phone(action) => {
                let done = self.softphone.act(&action);
                spawn_local(async move {
                    if let Err(cause) = done.await {
                        later(Input::PhoneFailed { action, cause });
                    }
                });
            }
            Output::Resolve { call, target } => {
                let resolved = self.softphone.resolve(&target);
                spawn_local(async move {
                    let result = resolved.await;
                    later(Input::Resolved { call, result });
                });
            }
            Output::Sample { call } => {
                let counters = self.softphone.counters(&call);
                spawn_local(async move {
                    let counters = counters.await;
                    later(Input::Stats { call, counters });
                });
            }
            Output::Rest { id, request } => spawn_local(async move {
                let result = match &request {
                    RestRequest::Register(register) => place(&request, register).await,
                    _ => rest::call(&request).await,
                };
                later(Input::Rest { id, result });
            }),
            Output::Claim { key } => spawn_local(async move {
                let granted = claims::claim(&key).await;
                later(Input::Claimed { key, granted });
            }),
            Output::Portal(action) => spawn_local(async move {
                let done = match action {
                    PortalAction::OpenApplication(params) => {
                        placement::open_application(&params).await
                    }
                    PortalAction::OpenPath(path) => placement::open_path(&path).await,
                };
                if let (Err(error), Some(driver)) = (done, driver.upgrade()) {
                    driver.report(error);
                }
            }),
            Output::Answer { token, result } => {
                if let Some(sender) = self.waiting.borrow_mut().remove(&token) {
                    // Whoever asked may have stopped listening.
                    let _ = sender.send(result);
                }
            }
            Output::Event(event) => (self.sink)(self, event),
        }
    }

    /// Sets the one timer to the session's next moment.
    fn arm(self: &Rc<Self>) {
        let due = self.with_session(Session::poll_timeout).flatten();
        *self.timer.borrow_mut() = due.map(|due| {
            let driver = Rc::downgrade(self);
            // Rounded up: a timer that fires early would find nothing to do.
            let wait = due.since(clock::now()) + Duration::from_millis(1);
            Timeout::new(millis(wait), move || {
                if let Some(driver) = driver.upgrade() {
                    driver.wake();
                }
            })
        });
    }

    fn wake(self: &Rc<Self>) {
        // A timer's task begins with nothing running.
        self.running.set(true);
        self.step(|session| session.handle_timeout(clock::now()));
        self.running.set(false);
        self.run();
    }
}

/// How long a call whose `register` was not answered may still get its name, and a card.
const NAMELESS: Duration = Duration::from_secs(20);

/// Registers a call. The operator's other pages see the card of an outgoing one as they see a click
/// on a number: they wait until this page has learned its name and claimed it.
async fn place(request: &RestRequest, register: &Register) -> Result<RestAnswer, RestFailure> {
    if register.call_type != CallType::Outgoing {
        return rest::call(request).await;
    }
    let placing = claims::placing().await;
    let result = rest::call(request).await;
    match &result {
        Ok(RestAnswer::Registered(registered)) => {
            claims::own(&claim_of_call(&registered.call_id)).await;
        }
        _ => spawn_local(async move {
            pause(NAMELESS).await;
            drop(placing);
        }),
    }
    result
}
