//! Listening, whatever happens to the connection.

use std::collections::VecDeque;
use std::time::Duration;

use super::config::Config;
use super::message::{Message, ParseJson, Position, read};
use super::patience::{
    BLOCKED, CHANNEL, OPENING, POLL, SHORT_POLL, SILENCE, STEADY, backoff, spread,
};
use crate::time::Instant;

/// How many messages are remembered, so that none is told twice.
const REMEMBERED: usize = 32;
/// After this many failures in a row a socket that has worked before is left alone for a while;
/// one that never has, after `BLOCKED_AT_ONCE`: a proxy that knows no sockets is no passing trouble,
/// and each page of the portal starts anew.
const BLOCKED_AFTER: u32 = 4;
const BLOCKED_AT_ONCE: u32 = 2;
/// The server knows no such channel: it was replaced, or its life is over.
const WRONG_CHANNEL: u16 = 4010;
/// The socket is closed because its server has gone silent.
const STUCK: u16 = 3005;
const NORMAL: u16 = 1000;

/// What happens to a channel. A connection's news carries the serial it was opened with.
#[derive(Clone)]
#[allow(missing_docs)] // each field is named by what it says
pub enum Input {
    /// Begin to listen.
    Start,
    /// The configuration has come; `None`: it can't be had now.
    Config(Option<Box<Config>>),
    /// The portal will not give one: the scope is missing, or the server is switched off.
    Refused,
    /// The socket is open.
    Opened { serial: u64 },
    /// The socket has brought something.
    Text { serial: u64, text: String },
    /// The socket is closed, or could not be opened.
    Closed { serial: u64, code: u16 },
    /// The poll was answered; `status` is 0 when it was not.
    Polled {
        serial: u64,
        status: u16,
        body: String,
    },
    /// The network is back, or the machine has woken.
    Online,
}

/// What a channel asks for.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // each field is named by what it says
pub enum Output {
    /// Ask the portal for the configuration.
    AskConfig,
    /// Open a WebSocket.
    Open { serial: u64, url: String },
    /// Send this over it.
    Send { serial: u64, text: String },
    /// Close it, or give the poll up.
    Close { serial: u64, code: u16 },
    /// Fetch this; the answer may take a minute.
    Poll { serial: u64, url: String },
    /// A message has come, once and in order.
    Message(Message),
}

#[derive(Debug)]
enum State {
    Idle,
    /// The configuration is on its way.
    Asking,
    /// Waiting before the next attempt; `fresh`: with a new configuration.
    Pausing {
        until: Instant,
        fresh: bool,
    },
    Opening {
        until: Instant,
    },
    /// The socket is open; a server that pings must go on doing so.
    Open {
        since: Instant,
        silent_at: Option<Instant>,
    },
    Polling {
        since: Instant,
    },
}

/// The pull channel of one page.
pub struct Channel {
    parse: ParseJson,
    config: Option<Config>,
    /// When the channels of the configuration end.
    config_ends: Instant,
    state: State,
    serial: u64,
    failures: u32,
    socket_failures: u32,
    socket_worked: bool,
    socket_again: Option<Instant>,
    position: Position,
    recent: VecDeque<String>,
    outputs: VecDeque<Output>,
    seed: u64,
}

impl Channel {
    /// A channel that listens to nothing yet. `seed` is any number: it spreads the pauses of many
    /// pages over time.
    #[must_use]
    pub fn new(seed: u64, parse: ParseJson) -> Self {
        Self {
            parse,
            config: None,
            config_ends: Instant::default(),
            state: State::Idle,
            serial: 0,
            failures: 0,
            socket_failures: 0,
            socket_worked: false,
            socket_again: None,
            position: Position::default(),
            recent: VecDeque::new(),
            outputs: VecDeque::new(),
            seed,
        }
    }

    /// Something has happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match (input, &mut self.state) {
            (Input::Start, State::Idle) => self.ask_config(),
            (Input::Config(Some(config)), State::Asking) if config.is_usable() => {
                self.config = Some(*config);
                self.config_ends = now + CHANNEL;
                self.connect(now);
            }
            (Input::Config(Some(_)) | Input::Refused, State::Asking) => {
                // It may be granted one day; until then nobody is bothered often.
                self.failures = u32::MAX;
                self.pause(now, true);
            }
            (Input::Config(None), State::Asking) => self.fail(now, true),
            (Input::Opened { serial }, State::Opening { .. }) if serial == self.serial => {
                self.state = State::Open {
                    since: now,
                    silent_at: None,
                };
                self.socket_worked = true;
                self.socket_failures = 0;
            }
            (Input::Text { serial, text }, State::Open { silent_at, .. })
                if serial == self.serial =>
            {
                if text == "ping" {
                    *silent_at = Some(now + SILENCE);
                    let text = "pong".to_owned();
                    self.outputs.push_back(Output::Send { serial, text });
                } else {
                    if silent_at.is_some() {
                        *silent_at = Some(now + SILENCE);
                    }
                    self.hear(now, &text, true);
                }
            }
            (Input::Closed { serial, code }, State::Opening { .. } | State::Open { .. })
                if serial == self.serial =>
            {
                self.lose_socket(now, code);
            }
            (
                Input::Polled {
                    serial,
                    status,
                    body,
                },
                State::Polling { since },
            ) if serial == self.serial => {
                let took = now.since(*since);
                self.handle_poll(now, took, status, &body);
            }
            (Input::Online, State::Pausing { fresh, .. }) => {
                let fresh = *fresh;
                self.failures = 0;
                self.proceed(now, fresh);
            }
            // A socket seldom outlives its network, and only some servers say so by their pings.
            (Input::Online, State::Open { .. }) => {
                self.close(NORMAL);
                self.connect(now);
            }
            _ => {}
        }
    }

    /// The moment of [`Channel::poll_timeout`] may have come; a call too early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self.state {
            State::Pausing { until, fresh } if until <= now => self.proceed(now, fresh),
            State::Opening { until } if until <= now => {
                self.close(NORMAL);
                self.lose_socket(now, NORMAL);
            }
            State::Open {
                silent_at: Some(at),
                ..
            } if at <= now => {
                self.close(STUCK);
                self.failures = 0;
                self.fail(now, false);
            }
            State::Polling { since } if since + POLL <= now => {
                self.close(NORMAL);
                self.connect(now);
            }
            _ => {}
        }
        if self.config_ends <= now && matches!(self.state, State::Open { .. }) {
            self.close(NORMAL);
            self.ask_config();
        }
    }

    /// The next thing to do. Drain this after every `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The moment at which [`Channel::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle | State::Asking => None,
            State::Pausing { until, .. } | State::Opening { until } => Some(until),
            State::Open { silent_at, .. } => {
                Some(silent_at.map_or(self.config_ends, |at| at.min(self.config_ends)))
            }
            State::Polling { since } => Some(since + POLL),
        }
    }

    fn ask_config(&mut self) {
        self.state = State::Asking;
        self.outputs.push_back(Output::AskConfig);
    }

    fn proceed(&mut self, now: Instant, fresh: bool) {
        if fresh {
            self.ask_config();
        } else {
            self.connect(now);
        }
    }

    fn connect(&mut self, now: Instant) {
        if self.config_ends <= now {
            return self.ask_config();
        }
        let Some(config) = &self.config else {
            return self.ask_config();
        };
        let left_alone = self.socket_again.is_some_and(|at| now < at) && config.has_polling();
        let socket = config.has_socket() && !left_alone;
        let url = if socket {
            config.socket_url(&self.position)
        } else {
            config.polling_url(&self.position)
        };
        let Some(url) = url else {
            return self.fail(now, true);
        };
        self.serial += 1;
        let serial = self.serial;
        if socket {
            let until = now + OPENING;
            self.state = State::Opening { until };
            self.outputs.push_back(Output::Open { serial, url });
        } else {
            self.state = State::Polling { since: now };
            self.outputs.push_back(Output::Poll { serial, url });
        }
    }

    fn close(&mut self, code: u16) {
        let serial = self.serial;
        self.outputs.push_back(Output::Close { serial, code });
    }

    fn lose_socket(&mut self, now: Instant, code: u16) {
        if code == WRONG_CHANNEL {
            return self.fail(now, true);
        }
        match self.state {
            // A server that lets everybody in and throws them out again is not to be hammered.
            State::Open { since, .. } if now.since(since) >= STEADY => self.failures = 0,
            State::Open { .. } => {}
            _ => self.socket_failures += 1,
        }
        let enough = if self.socket_worked {
            BLOCKED_AFTER
        } else {
            BLOCKED_AT_ONCE
        };
        if self.socket_failures >= enough {
            self.socket_failures = 0;
            self.socket_again = Some(now + BLOCKED);
            // Another way to listen is no further attempt of the same.
            self.failures = 0;
        }
        self.fail(now, false);
    }

    fn handle_poll(&mut self, now: Instant, took: Duration, status: u16, body: &str) {
        match status {
            200 if !body.is_empty() => {
                self.failures = 0;
                self.hear(now, body, false);
            }
            200 | 304 if took >= SHORT_POLL => self.failures = 0,
            200 | 304 | 0 => return self.fail(now, false),
            400..=499 => return self.fail(now, true),
            _ => return self.fail(now, false),
        }
        if matches!(self.state, State::Polling { .. }) {
            self.connect(now);
        }
    }

    fn hear(&mut self, now: Instant, text: &str, acknowledge: bool) {
        for message in read(text, self.parse) {
            let mid = message.position.mid.clone();
            self.position = message.position.clone();
            if let Some(mid) = &mid {
                if acknowledge {
                    let (serial, text) = (self.serial, format!("mack:{mid}"));
                    self.outputs.push_back(Output::Send { serial, text });
                }
                if self.recent.contains(mid) {
                    continue;
                }
                self.recent.push_back(mid.clone());
                if self.recent.len() > REMEMBERED {
                    self.recent.pop_front();
                }
            }
            if message.module == "pull" {
                self.obey(now, &message);
            } else {
                self.outputs.push_back(Output::Message(message));
            }
        }
    }

    /// What the server tells about the connection itself.
    fn obey(&mut self, now: Instant, message: &Message) {
        // An earlier message of the same text may have ended this connection already.
        if !matches!(self.state, State::Open { .. } | State::Polling { .. }) {
            return;
        }
        match message.command.to_ascii_lowercase().as_str() {
            "channel_expire" => {
                self.close(NORMAL);
                let param = |name| message.params.get(name);
                let reconnect = param("action").is_some_and(|action| action == "reconnect");
                let new = param("new_channel").filter(|_| reconnect);
                let replaced = match (new, &mut self.config) {
                    (Some(new), Some(config)) => config.replace(new),
                    _ => false,
                };
                if replaced {
                    self.connect(now);
                } else {
                    self.ask_config();
                }
            }
            "config_expire" | "server_restart" => {
                self.close(NORMAL);
                let until = now + spread(self.chance());
                self.state = State::Pausing { until, fresh: true };
            }
            _ => {}
        }
    }

    /// Something went wrong; `fresh`: the configuration is no good any more.
    fn fail(&mut self, now: Instant, fresh: bool) {
        self.failures = self.failures.saturating_add(1);
        self.pause(now, fresh);
    }

    fn pause(&mut self, now: Instant, fresh: bool) {
        let until = now + backoff(self.failures, self.chance());
        self.state = State::Pausing { until, fresh };
    }

    /// The next number from 0 to 1 (a linear congruential generator: nobody gains by guessing it).
    fn chance(&mut self) -> f64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from((self.seed >> 33) as u32) / f64::from(1_u32 << 31)
    }
}
