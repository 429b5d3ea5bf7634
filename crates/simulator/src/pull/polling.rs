//! `/sub/`: the channel by long polling; and `/pub/`, where such a client acknowledges.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    admission::{Ask, Pass, Refusal, Since, admit},
    message::Message,
    subscriber::{self, Signal},
};
use crate::{hub::Hub, journal::Entry};

/// By this date in `Expires` the libraries tell a poll that ran out from a cached answer.
const RAN_OUT: &str = "Thu, 01 Jan 1973 11:11:01 GMT";

/// `GET /sub/`: held until there is a message, or for `pullPollMs`.
pub(crate) async fn poll(
    State(hub): State<Arc<Hub>>,
    Query(ask): Query<Ask>,
    method: Method,
) -> Response {
    if method == Method::OPTIONS {
        return answer(StatusCode::OK, String::new());
    }
    match admit(&hub, &ask, "polling") {
        Ok(pass) => {
            let poll = Poll::new(hub, pass);
            wait(poll).await
        }
        Err(Refusal::WrongChannel) => {
            answer(StatusCode::FORBIDDEN, "4010: wrong channel id".into())
        }
        Err(Refusal::Down) => answer(StatusCode::SERVICE_UNAVAILABLE, String::new()),
    }
}

/// A poll that waits. It ends with its request: the server drops it when the client goes.
struct Poll {
    hub: Arc<Hub>,
    pass: Pass,
    id: u64,
    inbox: mpsc::UnboundedReceiver<Signal>,
    why: &'static str,
}

impl Poll {
    fn new(hub: Arc<Hub>, pass: Pass) -> Poll {
        let (id, inbox) = subscriber::connect(&hub, &pass, "polling");
        Poll {
            hub,
            pass,
            id,
            inbox,
            why: "left",
        }
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        subscriber::disconnect(&self.hub, self.id, self.why);
    }
}

async fn wait(mut poll: Poll) -> Response {
    let hub = Arc::clone(&poll.hub);
    let mut changes = hub.changes();
    let mut runs_out = Box::pin(hub.delay(|faults| faults.pull_poll_ms));
    loop {
        tokio::select! {
            // What was missed comes before a timeout of zero.
            biased;
            signal = poll.inbox.recv() => {
                let Some(Signal::Message(first)) = signal else {
                    poll.why = "closed";
                    return answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
                };
                return messages(&mut poll, first);
            }
            () = &mut runs_out => {
                poll.why = "ran out";
                return ran_out(&poll);
            }
            _ = changes.changed() => {
                let mut world = hub.world();
                world.pull_sweep();
                if world.faults.pull_down {
                    drop(world);
                    poll.why = "down";
                    return answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
                }
            }
        }
    }
}

/// All there is, in one answer.
fn messages(poll: &mut Poll, first: Arc<Message>) -> Response {
    let mut all = vec![first];
    while let Ok(Signal::Message(next)) = poll.inbox.try_recv() {
        all.push(next);
    }
    for message in &all {
        subscriber::delivered(&poll.hub, poll.id, message);
    }
    poll.why = "answered";
    let pass = &poll.pass;
    let with_names: Vec<(&Message, &str)> = all
        .iter()
        .map(|m| (m.as_ref(), pass.channel_of(m).unwrap_or_default()))
        .collect();
    let mut response = answer(StatusCode::OK, pass.format.answer(&with_names));
    if let Some(last) = all.last() {
        // What clients of old servers resume by.
        put(response.headers_mut(), header::LAST_MODIFIED, &last.time());
        put(response.headers_mut(), header::ETAG, &last.tag());
    }
    response
}

/// 304, with the message to resume after.
fn ran_out(poll: &Poll) -> Response {
    let last = match &poll.pass.since {
        Since::Mid(mid) => mid.clone(),
        _ => poll
            .hub
            .world()
            .pull
            .last_mid(&poll.pass)
            .unwrap_or_default()
            .to_owned(),
    };
    let mut response = answer(StatusCode::NOT_MODIFIED, String::new());
    put(response.headers_mut(), header::EXPIRES, RAN_OUT);
    put(
        response.headers_mut(),
        HeaderName::from_static("last-message-id"),
        &last,
    );
    response
}

/// `POST /pub/`: what a polling client says, one `mack:<mid>`.
pub(crate) async fn acknowledge(
    State(hub): State<Arc<Hub>>,
    method: Method,
    body: Bytes,
) -> Response {
    if method == Method::OPTIONS {
        return answer(StatusCode::OK, String::new());
    }
    let text = String::from_utf8_lossy(&body);
    let Some(mid) = text.strip_prefix("mack:") else {
        return answer(StatusCode::FORBIDDEN, "clients may not publish here".into());
    };
    hub.world()
        .log(Entry::new("pull", "ack", json!({"mid": mid}).to_string()));
    answer(StatusCode::OK, String::new())
}

fn answer(status: StatusCode, body: String) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(
        headers,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "content-type, if-modified-since, if-none-match",
    );
    put(
        headers,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "Last-Message-Id, Last-Modified, Etag",
    );
    put(headers, header::CACHE_CONTROL, "no-store");
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
