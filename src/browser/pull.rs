//! The [pull channel](crate::pull) in a browser: sockets, polls and one timer.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use gloo_timers::callback::Timeout;
use js_sys::Date;
use serde::Serialize;
use serde_json::Value;
use serde_wasm_bindgen::from_value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, CloseEvent, MessageEvent, RequestInit, Response, WebSocket};

use super::driver::Driver;
use super::patient::millis;
use super::{clock, rest};
use crate::error::{Error, ErrorKind};
use crate::pull::{Channel, Config, Input, Message, Output};
use crate::rest::RestFailure;
use crate::session;
use crate::signal::{ServerClock, Signal};

/// A listener for the life of its driver.
pub(super) struct Listener {
    this: Weak<Self>,
    driver: Weak<Driver>,
    channel: RefCell<Channel>,
    connection: RefCell<Option<Connection>>,
    timer: RefCell<Option<Timeout>>,
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
    /// Begins to listen, and tells the driver of every signal.
    pub(super) fn start(driver: &Rc<Driver>) -> Option<Rc<Self>> {
        let window = web_sys::window()?;
        let seed = (js_sys::Math::random() * 9e15) as u64;
        let listener = Rc::new_cyclic(|this: &Weak<Self>| {
            let online = this.clone();
            Self {
                this: this.clone(),
                driver: Rc::downgrade(driver),
                channel: RefCell::new(Channel::new(seed, parse)),
                connection: RefCell::default(),
                timer: RefCell::default(),
                server_clock: RefCell::default(),
                complained: Cell::default(),
                _online: Listening::new(&window, "online", move |_| {
                    tell(&online, Input::Online);
                }),
            }
        });
        listener.push(Input::Start);
        Some(listener)
    }

    fn push(&self, input: Input) {
        self.step(|channel| channel.handle_input(clock::now(), input));
    }

    fn step(&self, step: impl FnOnce(&mut Channel)) {
        let mut outputs = Vec::new();
        {
            let mut channel = self.channel.borrow_mut();
            step(&mut channel);
            outputs.extend(std::iter::from_fn(|| channel.poll_output()));
        }
        for output in outputs {
            self.act(output);
        }
        self.arm();
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
        spawn_local(async move {
            // A cached one may be about to end.
            let params = Params { cache: "N" };
            let answer = rest::call_method("pull.application.config.get", &params).await;
            let input = match answer {
                Ok(answer) => {
                    let answer = from_value(answer).unwrap_or_default();
                    Input::Config(Some(Box::new(Config::new(&answer, is_secure()))))
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
        let fetched = web_sys::window().map(|window| window.fetch_with_str_and_init(url, &init));
        self.connect(serial, Line::Poll(abort));
        let this = self.this.clone();
        spawn_local(async move {
            let answer = match fetched {
                Some(fetched) => read(fetched).await.ok(),
                None => None,
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
        if let Some(driver) = self.driver.upgrade() {
            driver.push(session::Input::Signal(signal));
        }
    }

    fn arm(&self) {
        let due = self.channel.borrow().poll_timeout();
        *self.timer.borrow_mut() = due.map(|due| {
            let this = self.this.clone();
            let wait = due.since(clock::now()) + Duration::from_millis(1);
            Timeout::new(millis(wait), move || {
                if let Some(listener) = this.upgrade() {
                    listener.step(|channel| channel.handle_timeout(clock::now()));
                }
            })
        });
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
    if let Some(driver) = listener.driver.upgrade() {
        driver.report(Error::new(
            ErrorKind::Rest,
            format!(
                "the portal gives no pull channel ({}): {}; signals of the backend do not arrive; \
                 give the application the scope `pull`, or start with `signals: false`",
                failure.code, failure.description
            ),
        ));
    }
}

fn parse(text: &str) -> Option<Value> {
    from_value(js_sys::JSON::parse(text).ok()?).ok()
}

fn is_secure() -> bool {
    let protocol = web_sys::window().and_then(|window| window.location().protocol().ok());
    protocol.is_none_or(|protocol| protocol == "https:")
}
