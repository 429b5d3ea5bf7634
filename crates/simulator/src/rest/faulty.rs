//! Requests as the faults have them: counted, held, refused, answered with whatever a script wants,
//! lost on the way.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::lost_on_the_way;
use crate::{
    faults::{Hold, RestFault},
    hub::Hub,
    journal::Entry,
    mask,
    rest::Params,
};

/// A request on its way through the faults.
pub(crate) struct Asked<'a> {
    hub: &'a Hub,
    /// What the faults call the method.
    name: &'a str,
    number: u64,
    fault: RestFault,
}

impl<'a> Asked<'a> {
    /// Counts a request, and waits as long as it is to be held before its effect.
    pub(crate) async fn new(hub: &'a Hub, name: &'a str) -> Self {
        let (number, fault) = {
            let mut world = hub.world();
            world.touch();
            (world.requests.add(name), world.faults.take_rest(name))
        };
        let asked = Asked {
            hub,
            name,
            number,
            fault: fault.unwrap_or_default(),
        };
        asked.hold(Hold::Before).await;
        asked
    }

    /// The answer that the faults give in place of the portal's: its status and its body.
    pub(crate) fn refusal(&self, otherwise: &str) -> Option<(u16, Value)> {
        let fault = &self.fault;
        if let Some(body) = &fault.body {
            return Some((fault.status.unwrap_or(200), body.clone()));
        }
        let is_refused = fault.status.is_some() || fault.error.is_some();
        is_refused.then(|| {
            let error = fault.error.as_deref().unwrap_or(otherwise);
            let text = "Set by a fault of the simulator";
            let body = json!({"error": error, "error_description": text});
            (fault.status.unwrap_or(400), body)
        })
    }

    /// Writes an answer to the log as that of `method`, and sends it, late or never, as the faults
    /// have it.
    pub(crate) async fn answer(
        self,
        method: &str,
        params: &Params,
        (status, body): (u16, Value),
    ) -> Response {
        let lost = self.fault.drop;
        let shown = json!({
            "status": if lost { json!("lost") } else { json!(status) },
            "params": mask::json(params.all()),
            "answer": mask::json(&body),
        });
        let entry = Entry::new("rest", method, shown.to_string());
        self.hub.world().log(entry);
        self.hold(Hold::After).await;
        self.hub.delay(|faults| faults.rest_delay_ms).await;
        if lost {
            return lost_on_the_way();
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = match body {
            Value::String(text) => {
                (status, [(header::CONTENT_TYPE, "text/html")], text).into_response()
            }
            json => (status, Json(json)).into_response(),
        };
        if let Some(seconds) = self.fault.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    async fn hold(&self, point: Hold) {
        let mut changes = self.hub.changes();
        while self.hub.world().faults.holds(self.name, self.number, point) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}
