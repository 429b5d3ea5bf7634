//! Who a caller is, and who looks after them: whom a PBX is to ring first.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Backend, identity::number};
use crate::rest::RestError;

/// Whom the portal knows by a number.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// Whom to ring, in this order: whoever is responsible comes first.
    pub users: Vec<Responsible>,
    /// What the CRM has.
    pub entities: Vec<Entity>,
}

/// An employee who looks after the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Responsible {
    /// The user's id.
    pub user_id: i64,
    /// The extension the portal has for the user; empty where it has none.
    pub inner_phone: String,
    /// `TIMEMAN_STATUS`: `OPENED`, `PAUSED`, `CLOSED`, `EXPIRED`; empty where nobody keeps time.
    pub timeman_status: String,
    /// Whether the user is at work, as far as the portal knows.
    pub at_work: bool,
}

/// A CRM entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entity {
    /// `CONTACT`, `COMPANY`, `LEAD`, …
    pub entity_type: String,
    /// Its id.
    pub entity_id: i64,
    /// Its name.
    pub name: String,
    /// Who looks after it; 0 where nobody does.
    pub user_id: i64,
}

impl Backend {
    /// Whom a portal knows by a number.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn caller(&self, member_id: &str, phone: &str) -> Result<Caller, RestError> {
        let fields = json!({ "PHONE_NUMBER": phone });
        let found = self
            .rest
            .call(
                member_id,
                "telephony.externalCall.searchCrmEntities",
                fields,
            )
            .await?;
        Ok(caller(&found))
    }
}

// Who looks after several entities is named once, at the best place.
fn caller(found: &Value) -> Caller {
    let mut users: BTreeMap<i64, usize> = BTreeMap::new();
    let mut caller = Caller::default();
    for it in found.as_array().into_iter().flatten() {
        let user_id = it
            .get("ASSIGNED_BY_ID")
            .and_then(number)
            .unwrap_or_default();
        caller.entities.push(Entity {
            entity_type: text(it, "CRM_ENTITY_TYPE"),
            entity_id: it.get("CRM_ENTITY_ID").and_then(number).unwrap_or_default(),
            name: text(it, "NAME"),
            user_id,
        });
        if user_id > 0 && !users.contains_key(&user_id) {
            users.insert(user_id, caller.users.len());
            let nobody = Value::Object(Map::new());
            let person = it.get("ASSIGNED_BY").unwrap_or(&nobody);
            let timeman_status = text(person, "TIMEMAN_STATUS");
            caller.users.push(Responsible {
                user_id,
                inner_phone: text(person, "USER_PHONE_INNER"),
                at_work: matches!(timeman_status.as_str(), "" | "OPENED"),
                timeman_status,
            });
        }
    }
    caller
}

// Numbers come as texts on some paths, and texts as numbers.
fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_responsible_come_in_the_portals_order_and_once() {
        let entity = |id: &str, user: Value, status: &str| {
            json!({
                "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": id, "NAME": "Ann", "ASSIGNED_BY_ID": user,
                "ASSIGNED_BY": { "ID": user, "TIMEMAN_STATUS": status, "USER_PHONE_INNER": 103 },
            })
        };
        let found = caller(&json!([
            entity("5", json!("9"), "CLOSED"),
            entity("6", json!(7), "OPENED"),
            entity("7", json!("9"), "CLOSED"),
            { "CRM_ENTITY_TYPE": "LEAD", "CRM_ENTITY_ID": 8, "ASSIGNED_BY_ID": null },
        ]));
        let users: Vec<_> = found
            .users
            .iter()
            .map(|it| (it.user_id, it.at_work))
            .collect();
        assert_eq!(users, [(9, false), (7, true)]);
        assert_eq!(found.users[0].inner_phone, "103");
        assert_eq!(found.entities.len(), 4);
        assert_eq!(caller(&json!([])), Caller::default());
        assert_eq!(caller(&json!(null)), Caller::default());
    }
}
