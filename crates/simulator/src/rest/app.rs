//! `app.info`, `placement.*`, `event.*` and `telephony.externalLine.*`.

use serde_json::json;

use super::{Answer, Caller, Params, RestError};
use crate::{app::placements, hub::Hub};

/// A method about the app, in lower case; `None` when it is no such method.
///
/// # Errors
/// As documented for each.
pub(super) fn call(
    hub: &Hub,
    caller: &Caller,
    name: &str,
    params: &Params,
) -> Option<Result<Answer, RestError>> {
    let mut world = hub.world();
    let documented = world.faults.placement_error_status == 200;
    let scopes = world.faults.scopes.clone();
    let app = &mut world.app;
    let outcome = match name {
        "app.info" => Ok(json!({
            "ID": 1,
            "CODE": hub.config.app.client_id,
            "VERSION": 1,
            "STATUS": "L",
            "INSTALLED": app.installed,
            "PAYMENT_EXPIRED": "N",
            "DAYS": null,
            "LANGUAGE_ID": "en",
            "LICENSE": "en_company",
        })),
        "placement.bind" => app
            .placements
            .bind(params, documented, &scopes)
            .map(|()| json!(true)),
        "placement.unbind" => app.placements.unbind(params, documented),
        "placement.get" => Ok(app.placements.list()),
        "placement.list" => Ok(placements::offered(&scopes)),
        "event.bind" => app
            .handlers
            .bind(caller, params, &scopes)
            .map(|()| json!(true)),
        "event.unbind" => app.handlers.unbind(caller, params),
        "event.get" => Ok(app.handlers.list()),
        _ => app
            .lines
            .call(name.strip_prefix("telephony.externalline.")?, params)?,
    };
    world.announce();
    Some(outcome.map(Answer::from))
}
