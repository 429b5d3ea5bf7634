//! The channel from a backend to the worker: it hears each message once, whatever the connection does.
#![cfg(not(target_arch = "wasm32"))]

use std::time::Duration;

use b24_background_worker::pull::{Channel, Config, Input, Output, read};
use b24_background_worker::time::Instant;
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The portal's answer, as its documentation prints it.
fn documented(version: u32) -> Value {
    json!({
        "server": {
            "version": version, "server_enabled": true, "mode": "personal",
            "hostname": "your-account.bitrix24.com",
            "long_polling": "http://rtc.example/sub2/",
            "long_pooling_secure": "https://rtc.example/sub2/",
            "websocket_enabled": true,
            "websocket": "ws://rtc.example/subws2/", "websocket_secure": "wss://rtc.example/subws2/",
            "publish_enabled": true, "publish": "https://rtc.example/rest/",
            "publish_secure": "https://rtc.example/rest/", "config_timestamp": 1_774_886_062
        },
        "api": { "revision_web": 19, "revision_mobile": 3 },
        "channels": {
            "shared": { "id": "sh.s1", "start": "2026-03-31T17:05:18+02:00",
                        "end": "2026-04-01T05:05:23+02:00", "type": "shared" },
            "private": { "id": "pr:x.s2", "public_id": "x", "start": "2026-03-31T17:05:18+02:00",
                         "end": "2026-04-01T05:05:23+02:00", "type": "private" }
        },
        "exp": 1_775_052_318, "publicChannels": []
    })
}

/// A message of server version 5.
fn rpc(mid: &str, command: &str, params: &Value) -> String {
    let body = json!({ "module_id": "application", "command": command, "params": params,
                       "extra": { "server_time_unix": 1000, "server_time_ago": 2 } });
    json!({ "jsonrpc": "2.0", "method": "incoming.message", "params": { "mid": mid, "body": body } })
        .to_string()
}

/// A message of the server itself.
fn system(mid: &str, command: &str, params: &Value) -> String {
    rpc(mid, command, params).replace("\"application\"", "\"pull\"")
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

struct World {
    channel: Channel,
    now: Instant,
    config: Value,
    /// The serial of the connection, where a story has many.
    channel_serial: u64,
    /// What the channel has asked for since the test last looked.
    asked: Vec<Output>,
    heard: Vec<String>,
}

impl World {
    fn new() -> Self {
        Self {
            channel: Channel::new(7, parse),
            now: Instant::new(SECOND),
            config: documented(5),
            channel_serial: 1,
            asked: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// A channel that listens over a socket.
    fn listening() -> Self {
        let mut world = Self::new();
        world.feed(Input::Start);
        world.configured();
        let serial = world.socket().0;
        world.feed(Input::Opened { serial });
        world
    }

    fn feed(&mut self, input: Input) {
        self.channel.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.channel.poll_output() {
            match output {
                Output::Message(message) => self.heard.push(message.command),
                output => self.asked.push(output),
            }
        }
    }

    /// Time passes until the channel wants something, and no further than `most`. Whether it does.
    fn wait(&mut self, most: Duration) -> bool {
        let end = self.now + most;
        let Some(due) = self.channel.poll_timeout().filter(|due| *due <= end) else {
            self.now = end;
            return false;
        };
        self.now = due.max(self.now);
        self.channel.handle_timeout(self.now);
        self.drain();
        true
    }

    fn asked(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.asked)
    }

    /// The configuration that was asked for comes.
    fn configured(&mut self) {
        assert_eq!(self.asked(), [Output::AskConfig]);
        let config = Config::new(&self.config, true);
        self.feed(Input::Config(Some(Box::new(config))));
    }

    /// The socket that was just asked for.
    fn socket(&mut self) -> (u64, String) {
        match self.asked().pop() {
            Some(Output::Open { serial, url }) => (serial, url),
            other => panic!("no socket was asked for, but {other:?}"),
        }
    }

    fn poll(&mut self) -> (u64, String) {
        match self.asked().pop() {
            Some(Output::Poll { serial, url }) => (serial, url),
            other => panic!("no poll was asked for, but {other:?}"),
        }
    }

    fn text(&mut self, serial: u64, text: impl Into<String>) {
        let text = text.into();
        self.feed(Input::Text { serial, text });
    }

    /// The pauses before each of the next failures' attempts, in seconds.
    fn pauses(&mut self, count: usize, mut fail: impl FnMut(&mut Self)) -> Vec<f64> {
        let mut pauses = Vec::new();
        for _ in 0..count {
            fail(self);
            let since = self.now;
            assert!(self.wait(2 * 3600 * SECOND), "it gave up");
            pauses.push(self.now.since(since).as_secs_f64());
        }
        pauses
    }

    /// After whatever happened: signals arrive.
    fn the_next_signal_is_heard(&mut self) {
        for _ in 0..4 {
            match self.asked().pop() {
                Some(Output::AskConfig) => {
                    let config = Config::new(&self.config, true);
                    self.feed(Input::Config(Some(Box::new(config))));
                }
                Some(Output::Open { serial, .. }) => {
                    self.feed(Input::Opened { serial });
                    self.text(serial, rpc("last", "hello", &json!({})));
                    break;
                }
                Some(Output::Poll { serial, .. }) => {
                    let body = rpc("last", "hello", &json!({}));
                    let status = 200;
                    self.feed(Input::Polled {
                        serial,
                        status,
                        body,
                    });
                    break;
                }
                _ => assert!(self.wait(2 * 3600 * SECOND), "it waits for nothing"),
            }
        }
        assert_eq!(self.heard.last().map(String::as_str), Some("hello"));
    }
}

#[test]
fn the_socket_names_both_channels_and_speaks_json_rpc() {
    let mut world = World::new();
    world.feed(Input::Start);
    world.configured();
    assert_eq!(
        world.socket().1,
        "wss://rtc.example/subws2/?CHANNEL_ID=pr%3Ax.s2%2Fsh.s1&jsonRpc=true&revision=19"
    );
}

#[test]
fn an_older_server_is_asked_for_json() {
    let mut world = World::new();
    world.config = documented(4);
    world.feed(Input::Start);
    world.configured();
    assert!(world.socket().1.contains("&format=json&"));
}

#[test]
fn a_shared_server_wants_the_client_and_a_token_stands_for_the_channels() {
    let mut world = World::new();
    world.config["server"]["mode"] = json!("shared");
    world.config["clientId"] = json!("c1");
    world.config["jwt"] = json!("j.w.t");
    world.feed(Input::Start);
    world.configured();
    assert_eq!(
        world.socket().1,
        "wss://rtc.example/subws2/?token=j.w.t&jsonRpc=true&clientId=c1&revision=19"
    );
}

#[test]
fn a_page_without_tls_takes_the_plain_address() {
    let config = Config::new(&documented(5), false);
    let mut channel = Channel::new(1, parse);
    let now = Instant::new(SECOND);
    channel.handle_input(now, Input::Start);
    channel.poll_output();
    channel.handle_input(now, Input::Config(Some(Box::new(config))));
    let asked = channel.poll_output();
    assert!(
        matches!(&asked, Some(Output::Open { url, .. }) if url.starts_with("ws://")),
        "{asked:?}"
    );
}

#[test]
fn a_message_is_told_and_acknowledged() {
    let mut world = World::listening();
    world.text(1, rpc("m1", "dial", &json!({ "phoneNumber": "+15550199" })));
    assert_eq!(world.heard, ["dial"]);
    let text = "mack:m1".to_owned();
    assert_eq!(world.asked(), [Output::Send { serial: 1, text }]);
}

#[test]
fn a_message_that_comes_twice_is_told_once() {
    let mut world = World::listening();
    for mid in ["m1", "m2", "m1", "m2", "m3"] {
        world.text(1, rpc(mid, mid, &json!({})));
    }
    assert_eq!(world.heard, ["m1", "m2", "m3"]);
}

#[test]
fn a_server_that_pings_hears_pong_and_one_that_falls_silent_is_left() {
    let mut world = World::listening();
    world.text(1, "ping");
    let text = "pong".to_owned();
    assert_eq!(world.asked(), [Output::Send { serial: 1, text }]);
    assert!(world.wait(31 * SECOND));
    assert_eq!(
        world.asked(),
        [Output::Close {
            serial: 1,
            code: 3005
        }]
    );
    world.the_next_signal_is_heard();
}

#[test]
fn a_server_that_never_pings_may_be_silent_for_hours() {
    let mut world = World::listening();
    assert!(!world.wait(3 * 3600 * SECOND));
    world.text(1, rpc("m1", "hello", &json!({})));
    assert_eq!(world.heard, ["hello"]);
}

#[test]
fn a_lost_socket_is_opened_again_where_it_was_left() {
    let mut world = World::listening();
    world.text(1, rpc("m1", "hello", &json!({})));
    world.asked();
    world.feed(Input::Closed {
        serial: 1,
        code: 1006,
    });
    assert!(world.wait(SECOND));
    let (serial, url) = world.socket();
    assert!(url.contains("&mid=m1&"), "{url}");
    world.feed(Input::Opened { serial });
    // What was missed, and what was not.
    world.text(serial, rpc("m1", "hello", &json!({})));
    world.text(serial, rpc("m2", "missed", &json!({})));
    assert_eq!(world.heard, ["hello", "missed"]);
}

#[test]
fn a_server_that_lets_in_and_throws_out_is_not_hammered() {
    let mut world = World::listening();
    world.asked();
    world.feed(Input::Closed {
        serial: 1,
        code: 1006,
    });
    assert!(world.wait(SECOND));
    let pauses = world.pauses(4, |world| {
        let (serial, _) = world.socket();
        world.feed(Input::Opened { serial });
        let code = 1006;
        world.feed(Input::Closed { serial, code });
    });
    assert!(pauses[3] >= 45.0, "{pauses:?}");
    world.the_next_signal_is_heard();
}

#[test]
fn a_socket_that_was_good_for_a_while_is_opened_again_at_once() {
    let mut world = World::listening();
    for _ in 0..5 {
        assert!(!world.wait(11 * SECOND));
        let serial = world.channel_serial;
        let code = 1006;
        world.feed(Input::Closed { serial, code });
        assert!(world.wait(SECOND));
        let (serial, _) = world.socket();
        world.channel_serial = serial;
        world.feed(Input::Opened { serial });
    }
}

#[test]
fn the_network_that_is_back_gets_a_new_socket_though_the_old_one_seems_open() {
    let mut world = World::listening();
    world.text(1, rpc("m1", "hello", &json!({})));
    world.asked();
    world.feed(Input::Online);
    let (serial, url) = world.socket();
    assert!(serial > 1 && url.contains("mid=m1"), "{url}");
}

#[test]
fn news_of_an_old_connection_is_no_news() {
    let mut world = World::listening();
    world.feed(Input::Closed {
        serial: 1,
        code: 1006,
    });
    world.wait(SECOND);
    let (serial, _) = world.socket();
    world.feed(Input::Opened { serial });
    world.text(1, rpc("m1", "late", &json!({})));
    world.feed(Input::Closed {
        serial: 1,
        code: 1006,
    });
    assert_eq!((world.heard.len(), world.asked().len()), (0, 0));
    world.text(serial, rpc("m2", "hello", &json!({})));
    assert_eq!(world.heard, ["hello"]);
}

#[test]
fn pauses_grow_as_the_documentation_asks() {
    let mut world = World::new();
    world.feed(Input::Start);
    let pauses = world.pauses(12, |world| {
        assert_eq!(world.asked(), [Output::AskConfig]);
        world.feed(Input::Config(None));
    });
    let least = [
        0.1, 15., 45., 45., 45., 600., 600., 600., 600., 600., 3600., 3600.,
    ];
    for (pause, least) in pauses.iter().zip(least) {
        assert!((least..=least * 1.2 + 0.01).contains(pause), "{pauses:?}");
    }
    world.the_next_signal_is_heard();
}

#[test]
fn the_network_that_is_back_is_tried_at_once() {
    let mut world = World::new();
    world.feed(Input::Start);
    world.pauses(6, |world| {
        world.asked();
        world.feed(Input::Config(None));
    });
    world.asked();
    world.feed(Input::Config(None));
    assert_eq!(world.asked(), []);
    world.feed(Input::Online);
    world.configured();
    world.the_next_signal_is_heard();
}

#[test]
fn where_sockets_are_blocked_the_channel_polls_and_tries_a_socket_half_an_hour_later() {
    let mut world = World::new();
    world.feed(Input::Start);
    world.configured();
    for _ in 0..2 {
        let (serial, _) = world.socket();
        world.feed(Input::Closed { serial, code: 1006 });
        assert!(world.wait(20 * SECOND));
    }
    let (serial, url) = world.poll();
    assert!(
        url.starts_with("https://rtc.example/sub2/?CHANNEL_ID="),
        "{url}"
    );
    let body = rpc("m1", "hello", &json!({}));
    world.feed(Input::Polled {
        serial,
        status: 200,
        body,
    });
    assert_eq!(world.heard, ["hello"]);
    let (mut serial, url) = world.poll();
    assert!(url.contains("mid=m1"), "{url}");
    // Nothing comes for half an hour: each poll is given up after a minute, and another asked for.
    for _ in 0..29 {
        assert!(world.wait(MINUTE));
        let (next, _) = world.poll();
        assert_ne!(serial, next);
        serial = next;
    }
    assert!(world.wait(MINUTE));
    world.socket();
}

#[test]
fn a_server_without_sockets_is_polled_from_the_start() {
    let mut world = World::new();
    world.config["server"]["websocket_enabled"] = json!(false);
    world.feed(Input::Start);
    world.configured();
    world.poll();
}

#[test]
fn a_poll_that_is_refused_asks_for_other_channels() {
    let mut world = World::new();
    world.config["server"]["websocket_enabled"] = json!(false);
    world.feed(Input::Start);
    world.configured();
    let (serial, _) = world.poll();
    world.feed(Input::Polled {
        serial,
        status: 403,
        body: String::new(),
    });
    assert!(world.wait(SECOND));
    world.configured();
    world.poll();
}

#[test]
fn a_poll_that_comes_back_empty_at_once_is_not_repeated_at_once() {
    let mut world = World::new();
    world.config["server"]["websocket_enabled"] = json!(false);
    world.feed(Input::Start);
    world.configured();
    let pauses = world.pauses(3, |world| {
        let (serial, _) = world.poll();
        world.feed(Input::Polled {
            serial,
            status: 304,
            body: String::new(),
        });
        assert_eq!(world.asked(), []);
    });
    assert!(pauses[2] >= 45.0, "{pauses:?}");
    world.the_next_signal_is_heard();
}

#[test]
fn a_channel_that_expires_is_replaced_by_the_one_the_server_names() {
    let mut world = World::listening();
    let new = json!({ "id": "pr:new", "type": "private", "start": "", "end": "" });
    let old = json!({ "id": "pr:x.s2", "type": "private" });
    let params = json!({ "action": "reconnect", "channel": old, "new_channel": new });
    world.text(1, system("m1", "channel_expire", &params));
    let (_, url) = world.socket();
    assert!(url.contains("CHANNEL_ID=pr%3Anew%2Fsh.s1"), "{url}");
    assert!(world.heard.is_empty(), "that is not for the application");
}

#[test]
fn a_channel_that_expires_without_another_asks_for_the_configuration() {
    let mut world = World::listening();
    world.text(
        1,
        system("m1", "channel_expire", &json!({ "action": "get_config" })),
    );
    assert_eq!(world.asked.pop(), Some(Output::AskConfig));
    world.asked = vec![Output::AskConfig];
    world.the_next_signal_is_heard();
}

#[test]
fn a_server_that_restarts_is_asked_again_when_the_rush_is_over() {
    for command in ["config_expire", "server_restart"] {
        let mut world = World::listening();
        world.text(1, system("m1", command, &json!([])));
        let since = world.now;
        assert!(matches!(
            world.asked().pop(),
            Some(Output::Close { serial: 1, .. })
        ));
        assert!(world.wait(2 * MINUTE), "{command}");
        assert!(world.now.since(since) >= 10 * SECOND);
        world.configured();
        world.the_next_signal_is_heard();
    }
}

#[test]
fn a_channel_the_server_does_not_know_is_not_tried_again() {
    let mut world = World::listening();
    world.feed(Input::Closed {
        serial: 1,
        code: 4010,
    });
    assert!(world.wait(SECOND));
    world.configured();
    world.the_next_signal_is_heard();
}

#[test]
fn after_twelve_hours_the_configuration_is_a_new_one() {
    let mut world = World::listening();
    assert!(!world.wait(12 * 3600 * SECOND - SECOND));
    assert!(world.wait(2 * SECOND));
    assert_eq!(world.asked.pop(), Some(Output::AskConfig));
    world.asked = vec![Output::AskConfig];
    world.the_next_signal_is_heard();
}

#[test]
fn a_portal_that_gives_no_channel_is_asked_again_after_an_hour() {
    for refusal in [
        None,
        Some(json!({})),
        Some(json!({ "server": { "server_enabled": false } })),
    ] {
        let mut world = World::new();
        world.feed(Input::Start);
        world.asked();
        match refusal {
            None => world.feed(Input::Refused),
            Some(config) => {
                let config = Config::new(&config, true);
                world.feed(Input::Config(Some(Box::new(config))));
            }
        }
        assert!(!world.wait(3599 * SECOND));
        assert!(world.wait(800 * SECOND));
        world.configured();
        world.the_next_signal_is_heard();
    }
}

#[test]
fn all_formats_say_the_same() {
    let raw = json!({
        "id": 1, "mid": "m1", "channel": "c", "tag": "672", "time": "Thu, 29 Jun 2017 09:50:16 GMT",
        "text": { "module_id": "application", "command": "dial", "params": { "a": "b" } },
        "extra": { "server_time_unix": 1000, "server_time_ago": 2 }
    });
    let body = json!({ "module_id": "application", "command": "dial", "params": { "a": "b" },
                       "extra": { "server_time_unix": "1000", "server_time_ago": "2" } });
    let rpc = json!({ "jsonrpc": "2.0", "method": "incoming.message",
                      "params": { "mid": "m1", "body": body } });
    for text in [
        raw.to_string(),
        json!([raw]).to_string(),
        rpc.to_string(),
        json!([rpc]).to_string(),
        format!("#!NGINXNMS!#{raw}#!NGINXNME!#"),
        format!("#!NGINXNMS!#{{#!NGINXNME!#\r\n#!NGINXNMS!#{raw}#!NGINXNME!#"),
    ] {
        let messages = read(&text, parse);
        assert_eq!(messages.len(), 1, "{text}");
        let message = &messages[0];
        assert_eq!(
            (message.module.as_str(), message.command.as_str()),
            ("application", "dial")
        );
        assert_eq!(message.params.get("a"), Some(&json!("b")));
        assert_eq!(message.server_time, Some(1002.0));
        assert_eq!(message.mid(), Some("m1"));
    }
}

#[test]
fn what_the_portal_adds_for_one_user_belongs_to_the_parameters() {
    let text = json!({ "jsonrpc": "2.0", "method": "incoming.message", "params": {
        "mid": "m1", "user_params": { "mine": 1 },
        "body": { "module_id": "application", "command": "x", "params": [] } } });
    assert_eq!(
        read(&text.to_string(), parse)[0].params.get("mine"),
        Some(&json!(1))
    );
}

#[test]
fn garbage_is_no_message_and_harms_nothing() {
    let mut world = World::listening();
    for text in [
        "",
        "{",
        "[]",
        "null",
        "7",
        "\"x\"",
        "[1,[2],null]",
        "{}",
        "#!NGINXNMS!#",
        "#!NGINXNMS!#7#!NGINXNME!#",
        r#"{"text":7}"#,
        r#"{"text":{}}"#,
        r#"{"text":{"command":7}}"#,
        r#"{"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","method":"incoming.message"}"#,
        r#"{"jsonrpc":"2.0","method":"incoming.message","params":[]}"#,
        r#"{"jsonrpc":"2.0","method":"incoming.message","params":{"body":"x","mid":{}}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
    ] {
        world.text(1, text);
    }
    world.text(
        1,
        system("m0", "channel_expire", &json!({ "new_channel": 7 })),
    );
    world.heard.clear();
    world.the_next_signal_is_heard();
}
