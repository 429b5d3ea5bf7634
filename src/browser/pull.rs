//! The [pull channel](crate::pull) in a browser: sockets, polls and one timer.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::Date;
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, CloseEvent, MessageEvent, RequestInit, Response, WebSocket};

use super::engine::Engine;
use super::env;
use super::from_js;
use super::hub_driver::HubDriver;
use super::placement::to_value;
use crate::hub;
use crate::pull::{Channel, Config, Input, Message, Output};
use crate::rest::RestFailure;
use crate::signal::{ServerClock, Signal};

/// A listener for the life of its hub.
pub(super) struct Listener {
    this: Weak<Self>,
    hub: Weak<HubDriver>,
    engine: Engine<Channel>,
    connection: RefCell<Option<Connection>>,
    server_clock: RefCell<ServerClock>,
    complained: Cell<bool>,
    _online: Listening,
}

/// Closes what it stands for when dropped.
struct Connection {
    serial: u64,
    code: Cell<u16>,
    line: Line,
}

enum Line {
    Socket {
        socket: WebSocket,
        _heard: Vec<Listening>,
    },
    Poll(Option<AbortController>),
}

impl Drop for Connection {
    fn drop(&mut self) {
        match &self.line {
            // Codes outside 1000 and 3000-4999 would throw; ours are inside.
            Line::Socket { socket, .. } => drop(socket.close_with_code(self.code.get())),
            Line::Poll(abort) => {
                if let Some(abort) = abort {
                    abort.abort();
                }
            }
        }
    }
}

/// An event listener that is removed when dropped.
struct Listening {
    target: web_sys::EventTarget,
    event: &'static str,
    closure: Closure<dyn Fn(JsValue)>,
}

impl Listening {
    fn new(
        target: &web_sys::EventTarget,
        event: &'static str,
        heard: impl Fn(JsValue) + 'static,
    ) -> Self {
        let closure = Closure::<dyn Fn(JsValue)>::new(heard);
        // Only an invalid handler is refused.
        let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        Self {
            target: target.clone(),
            event,
            closure,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let closure = self.closure.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, closure);
    }
}

impl Listener {
    /// Begins to listen, and tells the hub of every signal.
    pub(super) fn start(hub: &Rc<HubDriver>) -> Rc<Self> {
        // A page and a worker both are told when the network is back.
        let global: web_sys::EventTarget = js_sys::global().unchecked_into();
        let listener = Rc::new_cyclic(|this: &Weak<Self>| {
            let online = this.clone();
            Self {
                this: this.clone(),
                hub: Rc::downgrade(hub),
                engine: Engine::new(Channel::new(env::random(), parse)),
                connection: RefCell::default(),
                server_clock: RefCell::default(),
                complained: Cell::default(),
                _online: Listening::new(&global, "online", move |_| {
                    tell(&online, Input::Online);
                }),
            }
        });
        listener.push(Input::Start);
        listener
    }

    fn push(&self, input: Input) {
        self.engine
            .push(input, |output| self.act(output), self.waker());
    }

    fn waker(&self) -> impl FnOnce() + 'static {
        let this = self.this.clone();
        move || {
            if let Some(listener) = this.upgrade() {
                listener
                    .engine
                    .wake(|output| listener.act(output), listener.waker());
            }
        }
    }

    fn act(&self, output: Output) {
        match output {
            Output::AskConfig => self.ask_config(),
            Output::Open { serial, url } => self.open(serial, &url),
            Output::Send { serial, text } => {
                let connection = self.connection.borrow();
                let current = connection.as_ref().filter(|it| it.serial == serial);
                if let Some(Line::Socket { socket, .. }) = current.map(|it| &it.line) {
                    // A socket that is closing throws: its end is told by its event.
                    let _ = socket.send_with_str(&text);
                }
            }
            Output::Close { serial, code } => {
                let mut connection = self.connection.borrow_mut();
                if let Some(closed) = connection.take_if(|it| it.serial == serial) {
                    closed.code.set(code);
                }
            }
            Output::Poll { serial, url } => self.poll(serial, &url),
            Output::Message(message) => self.deliver(message),
        }
    }

    fn ask_config(&self) {
        #[derive(Serialize)]
        struct Params {
            #[serde(rename = "CACHE")]
            cache: &'static str,
        }
        let this = self.this.clone();
        let Some(hub) = self.hub.upgrade() else {
            return;
        };
        spawn_local(async move {
            // A cached one may be about to end.
            let params = to_value(&Params { cache: "N" }).unwrap_or_default();
            let answer = hub.call("pull.application.config.get", params).await;
            let input = match answer {
                Ok(answer) => {
                    let answer = from_js::read(answer).unwrap_or_default();
                    Input::Config(Some(Box::new(Config::new(&answer, env::is_secure()))))
                }
                Err(failure) if failure.is_passing() => Input::Config(None),
                Err(failure) => {
                    complain(&this, &failure);
                    Input::Refused
                }
            };
            tell(&this, input);
        });
    }

    fn open(&self, serial: u64, url: &str) {
        let Ok(socket) = WebSocket::new(url) else {
            // Not an address of a socket, or not from this page.
            return later(&self.this, Input::Closed { serial, code: 1006 });
        };
        let this = self.this.clone();
        let opened = Listening::new(&socket, "open", move |_| {
            tell(&this, Input::Opened { serial });
        });
        let this = self.this.clone();
        let heard = Listening::new(&socket, "message", move |event| {
            let data = event.unchecked_into::<MessageEvent>().data();
            if let Some(text) = data.as_string() {
                tell(&this, Input::Text { serial, text });
            }
        });
        let this = self.this.clone();
        let closed = Listening::new(&socket, "close", move |event| {
            let code = event.unchecked_into::<CloseEvent>().code();
            tell(&this, Input::Closed { serial, code });
        });
        self.connect(
            serial,
            Line::Socket {
                socket,
                _heard: vec![opened, heard, closed],
            },
        );
    }

    fn poll(&self, serial: u64, url: &str) {
        let abort = AbortController::new().ok();
        let init = RequestInit::new();
        init.set_signal(abort.as_ref().map(AbortController::signal).as_ref());
        let fetched = env::fetch(url, &init);
        self.connect(serial, Line::Poll(abort));
        let this = self.this.clone();
        spawn_local(async move {
            let answer = match fetched {
                Ok(fetched) => read(fetched).await.ok(),
                Err(_) => None,
            };
            let (status, body) = answer.unwrap_or_default();
            let input = Input::Polled {
                serial,
                status,
                body,
            };
            tell(&this, input);
        });
    }

    fn connect(&self, serial: u64, line: Line) {
        let code = Cell::new(1000);
        let connection = Connection { serial, code, line };
        *self.connection.borrow_mut() = Some(connection);
    }

    fn deliver(&self, message: Message) {
        let local_time = Date::now() / 1000.0;
        let mut server_clock = self.server_clock.borrow_mut();
        if let Some(server_time) = message.server_time {
            server_clock.learn(server_time, local_time);
        }
        let signal = Signal::new(message);
        if server_clock.is_stale(&signal, local_time) {
            return;
        }
        drop(server_clock);
        if let Some(hub) = self.hub.upgrade() {
            hub.push(hub::Input::Signal(signal));
        }
    }
}

async fn read(fetched: js_sys::Promise) -> Result<(u16, String), JsValue> {
    let response: Response = JsFuture::from(fetched).await?.unchecked_into();
    let body = JsFuture::from(response.text()?).await?;
    Ok((response.status(), body.as_string().unwrap_or_default()))
}

fn tell(listener: &Weak<Listener>, input: Input) {
    if let Some(listener) = listener.upgrade() {
        listener.push(input);
    }
}

/// Not from inside a step.
fn later(listener: &Weak<Listener>, input: Input) {
    let listener = listener.clone();
    spawn_local(async move { tell(&listener, input) });
}

/// Said once: the portal is asked again only after an hour, and would say the same.
fn complain(listener: &Weak<Listener>, failure: &RestFailure) {
    let Some(listener) = listener.upgrade() else {
        return;
    };
    if listener.complained.replace(true) {
        return;
    }
    if let Some(hub) = listener.hub.upgrade() {
        hub.push(hub::Input::Failed(failure.failed(
            "the portal gives no pull channel",
            "signals of the backend do not arrive; give the application the scope `pull`, or start with \
             `signals: false`",
        )));
    }
}

fn parse(text: &str) -> Option<Value> {
    from_js::read(js_sys::JSON::parse(text).ok()?).ok()
}
