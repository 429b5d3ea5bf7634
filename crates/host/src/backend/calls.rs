//! Click-to-call and callbacks: the portal's event becomes one `dial` to the right user.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::{Backend, signal::Signal};
use crate::{rest::RestError, store::OpenCall};

/// A call that the portal asks for.
#[derive(Clone, Serialize, Deserialize)]
pub struct CallRequest {
    /// Whether it comes from a form on a site, so that nobody has registered it yet.
    pub callback: bool,
    /// When it was asked for.
    pub at: i64,
    /// The `data` of the portal's event.
    pub data: BTreeMap<String, String>,
}

const LEASE_SECONDS: i64 = 30;

impl CallRequest {
    pub(super) fn get(&self, name: &str) -> &str {
        self.data.get(name).map_or("", String::as_str)
    }

    /// What is dialled: the number with its country, where the portal gives it.
    pub(super) fn number(&self) -> &str {
        match self.get("PHONE_NUMBER_INTERNATIONAL") {
            "" => self.get("PHONE_NUMBER"),
            international => international,
        }
    }

    /// Whether it was asked for in the portal's mobile app.
    pub(super) fn is_mobile(&self) -> bool {
        self.get("IS_MOBILE") == "1"
    }

    /// What tells the call from others: the portal's own id, or a digest of all that a
    /// callback's event says.
    #[must_use]
    pub fn key(&self) -> String {
        if !self.callback {
            return self.get("CALL_ID").to_owned();
        }
        let mut digest = Sha256::new();
        for (name, value) in &self.data {
            digest.update(format!("{}:{name}{}:{value}", name.len(), value.len()));
        }
        let bytes = digest.finalize();
        let hex: String = bytes
            .iter()
            .take(16)
            .map(|it| format!("{it:02x}"))
            .collect();
        format!("callback-{hex}")
    }
}

impl Backend {
    /// Announces a call to the user's worker, unless it was announced before.
    ///
    /// # Errors
    /// When the portal refuses or does not answer; a running host tries again for a minute.
    pub async fn announce(&self, member_id: &str, call: &CallRequest) -> Result<(), RestError> {
        let key = call.key();
        let payload = serde_json::to_string(call).unwrap_or_default();
        if !self.store.claim_call(member_id, &key, &payload).await? {
            self.metrics.event("call_repeated");
            return Ok(());
        }
        self.send(member_id, &key, call).await
    }

    /// Sends what was claimed and did not get out, e.g. because the host was killed.
    pub(super) async fn send_again(&self, open: &OpenCall) {
        let Ok(call) = serde_json::from_str(open.payload.reveal()) else {
            return;
        };
        let member = open.member_id.as_str();
        if let Err(refusal) = self.send(member, &open.key, &call).await {
            warn!(member, %refusal, "a call is not announced yet");
        }
    }

    // The lease keeps replicas from sending the same one; what a killed host leaves half done
    // goes out again under the same id, by which the worker knows it.
    async fn send(&self, member_id: &str, key: &str, call: &CallRequest) -> Result<(), RestError> {
        let lease = format!("call {key}");
        let free = self
            .store
            .take_lease(member_id, &lease, &self.holder, LEASE_SECONDS);
        if !free.await? {
            return Ok(());
        }
        // Whoever held the lease before may have sent it.
        let sent = if self.store.is_unsettled(member_id, key).await? {
            self.dial(member_id, key, call).await.map(|()| true)
        } else {
            Ok(false)
        };
        if matches!(sent, Ok(true)) {
            self.store.settle_call(member_id, key).await?;
            self.metrics.event("call_announced");
            info!(
                member = member_id,
                callback = call.callback,
                "call announced"
            );
        }
        self.store
            .give_lease(member_id, &lease, &self.holder)
            .await?;
        sent.map(|_| ())
    }

    async fn dial(&self, member_id: &str, key: &str, call: &CallRequest) -> Result<(), RestError> {
        if call.callback {
            return self.call_back(member_id, key, call).await;
        }
        let user_id = call.get("USER_ID").parse().unwrap_or_default();
        self.signal_call(member_id, key, user_id, call).await?;
        // The browsers are told, too: their workers leave it alone then.
        if call.is_mobile() {
            self.hand_to_pbx(member_id, key, user_id, call).await?;
        }
        Ok(())
    }

    /// Asks a user's worker to make a call that the portal has registered.
    pub(super) async fn signal_call(
        &self,
        member_id: &str,
        call_id: &str,
        user_id: i64,
        call: &CallRequest,
    ) -> Result<(), RestError> {
        let international = call.get("PHONE_NUMBER_INTERNATIONAL");
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("callId", json!(call_id));
        set("phoneNumber", json!(call.number()));
        set("lineNumber", json!(call.get("LINE_NUMBER")));
        set("userId", json!(user_id));
        set("callback", json!(call.callback));
        // The worker in a browser leaves the call of somebody on the road alone.
        if call.is_mobile() {
            set("mobile", json!(true));
        }
        for (name, text) in [
            ("callListId", call_list(call)),
            ("phoneNumberInternational", international),
            ("extension", call.get("EXTENSION")),
            ("crmEntityType", call.get("CRM_ENTITY_TYPE")),
            ("crmEntityId", call.get("CRM_ENTITY_ID")),
            ("text", call.get("TEXT")),
            ("voice", call.get("VOICE")),
        ] {
            if !text.is_empty() {
                set(name, json!(text));
            }
        }
        let signal = Signal {
            command: "dial".to_owned(),
            id: call_id.to_owned(),
            caused_at: call.at,
            fields,
        };
        self.signal(member_id, Some(user_id), &signal).await
    }
}

// A portal says that there is none by leaving it out, by nothing, or by 0.
fn call_list(call: &CallRequest) -> &str {
    match call.get("CALL_LIST_ID") {
        "0" => "",
        id => id,
    }
}
