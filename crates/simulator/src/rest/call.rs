//! The methods that are not telephony, and `batch`.

use serde_json::{Map, Value, json};

use super::{Answer, Caller, Params, RestError, dispatch, time};
use crate::{
    clock,
    hub::{Hub, UserId},
};

/// Commands in one batch.
const LONGEST_BATCH: usize = 50;

/// A method outside telephony.
pub(super) fn other(hub: &Hub, user: UserId, name: &str, _: &Params) -> Result<Answer, RestError> {
    let profile = || hub.directory.profile(user);
    match name {
        "profile" => Ok(profile().into()),
        "user.current" => {
            let person = hub.directory.employee(user).cloned().unwrap_or_default();
            let mut answer = profile();
            answer["ACTIVE"] = json!(true);
            answer["EMAIL"] = json!(format!("user{user}@portal.example"));
            answer["WORK_POSITION"] = person["post"].clone();
            answer["UF_PHONE_INNER"] = person["phones"][0].clone();
            Ok(answer.into())
        }
        "user.admin" => Ok(profile()["ADMIN"].clone().into()),
        "server.time" => Ok(json!(clock::iso(hub.world().now_ms())).into()),
        "scope" => Ok(json!(hub.world().faults.scopes).into()),
        "methods" => Ok(json!(METHODS).into()),
        _ => Err(RestError::new(
            404,
            "ERROR_METHOD_NOT_FOUND",
            "Method not found!",
        )),
    }
}

const METHODS: [&str; 27] = [
    "app.info",
    "batch",
    "event.bind",
    "event.get",
    "event.unbind",
    "methods",
    "placement.bind",
    "placement.get",
    "placement.list",
    "placement.unbind",
    "profile",
    "pull.application.config.get",
    "pull.application.event.add",
    "scope",
    "server.time",
    "telephony.call.attachTranscription",
    "telephony.externalCall.attachRecord",
    "telephony.externalCall.finish",
    "telephony.externalCall.hide",
    "telephony.externalCall.register",
    "telephony.externalCall.searchCrmEntities",
    "telephony.externalCall.show",
    "telephony.externalLine.add",
    "telephony.externalLine.delete",
    "telephony.externalLine.get",
    "telephony.externalLine.update",
    "user.current",
];

/// `batch`: named commands, each `method?query`, one after another.
pub(super) fn batch(hub: &Hub, caller: &Caller, params: &Params) -> Result<Value, RestError> {
    let commands: Vec<(String, String)> = match params.value("cmd") {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), command(v))).collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), command(v)))
            .collect(),
        _ => Vec::new(),
    };
    if commands.len() > LONGEST_BATCH {
        return Err(RestError::new(
            400,
            "ERROR_BATCH_LENGTH_EXCEEDED",
            "Max batch length exceeded",
        ));
    }
    let is_list = params.value("cmd").is_array();
    let halt = params.flag("halt", false);
    let (mut results, mut errors, mut totals, mut times) =
        (Map::new(), Map::new(), Map::new(), Map::new());
    for (key, command) in commands {
        let start = hub.world().now_ms();
        let (method, query) = command.split_once('?').unwrap_or((&command, ""));
        let outcome = if method.eq_ignore_ascii_case("batch") {
            Err(RestError::new(
                405,
                "ERROR_BATCH_METHOD_NOT_ALLOWED",
                "Method is not allowed for batch usage",
            ))
        } else {
            dispatch(hub, caller, method, &Params::of_query(query))
        };
        match outcome {
            Ok(answer) => {
                if let Some(total) = answer.total {
                    totals.insert(key.clone(), json!(total));
                }
                results.insert(key.clone(), answer.result);
                times.insert(key, time(hub, start));
            }
            Err(error) => {
                errors.insert(key, error.json());
                if halt {
                    break;
                }
            }
        }
    }
    // All five are always there; PHP prints an empty map as a list.
    let shape = |map: Map<String, Value>| match map.is_empty() {
        true => json!([]),
        false if is_list && (0..map.len()).all(|i| map.contains_key(&i.to_string())) => (0..map
            .len())
            .map(|i| map[&i.to_string()].clone())
            .collect(),
        false => Value::Object(map),
    };
    Ok(json!({
        "result": shape(results),
        "result_error": shape(errors),
        "result_total": shape(totals),
        "result_next": [],
        "result_time": shape(times),
    }))
}

/// A command is a text; the SDK may also send `{method, params}`.
fn command(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
