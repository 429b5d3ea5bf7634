//! `/rest/<method>[.json]`: what BX24.js, the SDK and a backend call.

mod access;
mod app;
mod body;
mod call;
mod faulty;
mod telephony;
mod upload;

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

pub(crate) use access::{Caller, insufficient_scope};
pub(crate) use body::Params;
pub(crate) use faulty::Asked;
pub(crate) use telephony::{register, show};
pub(crate) use upload::upload;

use crate::{
    clock,
    hub::{Hub, UserId},
    oauth, pull,
};

/// A refusal: HTTP status, `error` and `error_description`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestError {
    pub(crate) status: u16,
    pub(crate) error: String,
    pub(crate) description: String,
    /// The parameter that is missing, where the portal names it.
    argument: Option<&'static str>,
}

impl RestError {
    /// Any refusal.
    pub(crate) fn new(status: u16, error: &str, description: &str) -> RestError {
        RestError {
            status,
            error: error.into(),
            description: description.into(),
            argument: None,
        }
    }

    /// The same, with the parameter that is missing.
    pub(crate) fn with_argument(self, name: &'static str) -> RestError {
        RestError {
            argument: Some(name),
            ..self
        }
    }

    /// The refusal of most telephony methods.
    pub(crate) fn core(description: &str) -> RestError {
        RestError::new(400, "ERROR_CORE", description)
    }

    fn json(&self) -> Value {
        let mut json = json!({"error": self.error, "error_description": self.description});
        if let Some(name) = self.argument {
            json["argument"] = json!(name);
        }
        json
    }
}

/// What a method answers: `result`, and `total` and `next` for lists.
#[derive(Debug)]
pub(crate) struct Answer {
    result: Value,
    total: Option<u64>,
}

impl From<Value> for Answer {
    fn from(result: Value) -> Answer {
        Answer {
            result,
            total: None,
        }
    }
}

/// Any request to `/rest/…`.
pub(crate) async fn serve(
    State(hub): State<Arc<Hub>>,
    Path(path): Path<String>,
    http_method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if http_method == Method::OPTIONS {
        return with_cors(StatusCode::OK.into_response());
    }
    if let Some(redirect) = renamed(&hub, &headers, &path) {
        return redirect;
    }
    let (webhook, method) = webhook_of(path.trim_end_matches('/'));
    let method = method.strip_suffix(".json").unwrap_or(method).to_owned();
    let start = hub.world().now_ms();
    let params = Params::of_request(query.as_deref(), &headers, &bytes);
    let region = oauth::region(&headers);
    // At an OAuth server the method has a name of its own for the faults.
    let name = region.map_or(method.as_str(), |_| "oauth.app.info");
    let asked = Asked::new(&hub, name).await;
    let answer = asked.refusal("INTERNAL_SERVER_ERROR").unwrap_or_else(|| {
        let outcome = match region {
            Some(region) if method == "app.info" => {
                oauth::app_info(&hub, region, &params).map(Answer::from)
            }
            Some(_) => Err(RestError::new(
                404,
                "ERROR_METHOD_NOT_FOUND",
                "Method not found!",
            )),
            None if hub.world().overflows() => Err(RestError::new(
                503,
                "QUERY_LIMIT_EXCEEDED",
                "Too many requests",
            )),
            None => authorized(&hub, webhook, &method, &params),
        };
        match outcome {
            Ok(answer) => (200, envelope(&hub, answer, start)),
            Err(error) => (error.status, error.json()),
        }
    });
    with_cors(asked.answer(&method, &params, answer).await)
}

/// What a portal that was renamed answers at its old name.
fn renamed(hub: &Hub, headers: &HeaderMap, path: &str) -> Option<Response> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let to = hub.world().faults.renamed_to.clone();
    let moved = !to.is_empty() && host != to && oauth::region(headers).is_none();
    let to = if to.contains("://") {
        to
    } else {
        format!("{}://{to}/rest/{path}", hub.config.scheme())
    };
    moved.then(|| (StatusCode::FOUND, [(header::LOCATION, to)]).into_response())
}

/// A webhook's user and secret, and the method: `1/secret/profile`.
fn webhook_of(path: &str) -> (Option<(UserId, &str)>, &str) {
    let mut parts = path.splitn(3, '/');
    match (parts.next().map(str::parse), parts.next(), parts.next()) {
        (Some(Ok(user)), Some(secret), Some(method)) => (Some((user, secret)), method),
        _ => (None, path),
    }
}

/// Checks the token or the webhook, then calls the method.
fn authorized(
    hub: &Hub,
    webhook: Option<(UserId, &str)>,
    method: &str,
    params: &Params,
) -> Result<Answer, RestError> {
    let caller = match webhook {
        Some((user @ 1, secret)) if secret == hub.config.webhook => Caller::webhook(hub, user),
        Some(_) => {
            return Err(RestError::new(
                401,
                "INVALID_CREDENTIALS",
                "Invalid request credentials",
            ));
        }
        None => {
            let world = hub.world();
            let user = world
                .tokens
                .check(params.value("auth").as_str(), world.now_ms())
                .map_err(|(status, error, text)| RestError::new(status, error, text))?;
            Caller::app(hub, user)
        }
    };
    if method == "batch" {
        return call::batch(hub, &caller, params).map(Answer::from);
    }
    dispatch(hub, &caller, method, params)
}

/// One method for the app in the name of a user.
///
/// # Errors
/// The portal's code.
pub(crate) fn call_as(
    hub: &Hub,
    user: UserId,
    method: &str,
    params: &Params,
) -> Result<Value, String> {
    let answer = dispatch(hub, &Caller::app(hub, user), method, params);
    answer.map(|it| it.result).map_err(|error| error.error)
}

/// One method for one caller.
fn dispatch(
    hub: &Hub,
    caller: &Caller,
    method: &str,
    params: &Params,
) -> Result<Answer, RestError> {
    // Method names are read without regard to case.
    let name = method.to_ascii_lowercase();
    caller.may(&name, &hub.world().faults.scopes)?;
    if let Some(outcome) = app::call(hub, caller, &name, params) {
        return outcome;
    }
    let user = caller.user;
    if let Some(name) = name.strip_prefix("pull.application.") {
        return pull::call(hub, user, name, params).map(Answer::from);
    }
    if name == "telephony.call.attachtranscription" {
        return hub.world().calls.transcribe(params).map(Answer::from);
    }
    match name.strip_prefix("telephony.externalcall.") {
        Some(name) => telephony::call(hub, user, name, params),
        None => call::other(hub, user, &name, params),
    }
}

fn envelope(hub: &Hub, answer: Answer, start: u64) -> Value {
    let mut body = json!({"result": answer.result, "time": time(hub, start)});
    if let Some(total) = answer.total {
        body["total"] = json!(total);
    }
    body
}

/// The `time` block of every success, in the portal's time.
fn time(hub: &Hub, start: u64) -> Value {
    let finish = hub.world().now_ms();
    let seconds = |ms: u64| ms as f64 / 1000.0;
    json!({
        "start": seconds(start),
        "finish": seconds(finish),
        "duration": seconds(finish.saturating_sub(start)),
        "processing": seconds(finish.saturating_sub(start)),
        "date_start": clock::iso(start),
        "date_finish": clock::iso(finish),
        "operating_reset_at": finish / 1000 + 600,
        "operating": 0,
    })
}

fn with_cors(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("origin, content-type, accept"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, OPTIONS"),
    );
    response
}

/// An answer whose body breaks off: a network error for the caller.
pub(crate) fn lost_on_the_way() -> Response {
    struct Broken;
    impl http_body::Body for Broken {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
            std::task::Poll::Ready(Some(Err(std::io::Error::other("lost by a fault"))))
        }
    }
    with_cors(Body::new(Broken).into_response())
}
