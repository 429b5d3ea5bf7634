//! `telephony.externalCall.*`.

use serde_json::{Value, json};

use super::{Answer, Params, RestError};
use crate::{
    calls::Origin,
    hub::{Hub, UserId, World},
};

/// One method, named by what follows `telephony.externalcall.`, in lower case.
pub(super) fn call(
    hub: &Hub,
    user: UserId,
    name: &str,
    params: &Params,
) -> Result<Answer, RestError> {
    let mut world = hub.world();
    let world = &mut *world;
    let answer = match name {
        "register" => register(hub, world, params, Origin::Rest)?,
        "show" => show(hub, world, params).into(),
        "hide" => hide(world, params).into(),
        "finish" => {
            let record = world.calls.finish(&hub.directory, params)?;
            let users: Vec<UserId> = if world.faults.finish_hides_from_one {
                record["PORTAL_USER_ID"].as_i64().into_iter().collect()
            } else {
                (1..=9).collect()
            };
            let push = json!({"callId": record["CALL_ID"]});
            world.push(&users, "hideExternalCall", &push);
            record
        }
        "attachrecord" => world.calls.attach(&hub.config.url(""), params)?,
        "searchcrmentities" => search(hub, params)?,
        _ => {
            return Err(RestError::new(
                404,
                "ERROR_METHOD_NOT_FOUND",
                "Method not found!",
            ));
        }
    };
    tracing::debug!(user, name, "telephony");
    world.announce();
    Ok(answer.into())
}

/// Registers a call and, unless told not to, shows its card. The push leaves before the answer.
///
/// # Errors
/// As documented for the method.
pub(crate) fn register(
    hub: &Hub,
    world: &mut World,
    params: &Params,
    origin: Origin,
) -> Result<Value, RestError> {
    let now = world.now_ms();
    let index = world.calls.register(&hub.directory, params, origin, now)?;
    let call = world.calls.at(index).clone();
    if params.flag("SHOW", true) {
        let users = [call.user];
        let push = call.show_params(&hub.directory, &users);
        world.push(&users, "showExternalCall", &push);
    }
    Ok(call.registered())
}

/// `show`: false when there is no such call, or no longer.
pub(crate) fn show(hub: &Hub, world: &mut World, params: &Params) -> bool {
    let Some((call, users)) = target(world, params) else {
        return false;
    };
    let push = call.show_params(&hub.directory, &users);
    world.push(&users, "showExternalCall", &push);
    true
}

/// `hide`: the same of a card that may be open.
pub(crate) fn hide(world: &mut World, params: &Params) -> bool {
    let Some((call, users)) = target(world, params) else {
        return false;
    };
    world.push(&users, "hideExternalCall", &json!({"callId": call.call_id}));
    true
}

fn target(world: &World, params: &Params) -> Option<(crate::calls::Call, Vec<UserId>)> {
    let call = world.calls.get(params.value("CALL_ID").as_str()?)?;
    if !call.live {
        return None;
    }
    let mut users = params.ints("USER_ID");
    if users.is_empty() {
        users.push(call.user);
    }
    Some((call.clone(), users))
}

/// `searchCrmEntities`: the client with a number, and who looks after it.
fn search(hub: &Hub, params: &Params) -> Result<Value, RestError> {
    let number = params
        .text("PHONE_NUMBER")
        .ok_or_else(|| RestError::core("PHONE_NUMBER should be set"))?;
    let Some(client) = hub.directory.client_by_number(&number) else {
        return Ok(json!([]));
    };
    let assigned = client["assignedTo"].as_i64().unwrap_or(1);
    let person = hub
        .directory
        .employee(assigned)
        .cloned()
        .unwrap_or_default();
    Ok(json!([{
        "CRM_ENTITY_TYPE": client["type"],
        "CRM_ENTITY_ID": client["id"],
        "ASSIGNED_BY_ID": assigned,
        "NAME": client["name"],
        "ASSIGNED_BY": {
            "ID": assigned,
            "TIMEMAN_STATUS": "OPENED",
            "USER_PHONE_INNER": person["phones"][0],
            "WORK_PHONE": "",
            "PERSONAL_PHONE": "",
            "PERSONAL_MOBILE": person["phones"][1],
        },
    }]))
}
