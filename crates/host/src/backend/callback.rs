//! A callback that a form on a site has asked for: whoever is responsible for the client is asked
//! to make it, then a list, then who installed the app; and when nobody does, it is finished.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::{info, warn};

use super::{Backend, calls::CallRequest, pbx::CallEnd};
use crate::{rest::RestError, store::WaitingCallback};

/// How long a step may take before another replica tries it.
const STEP_SECONDS: i64 = 60;

/// Statistics call it missed.
const MISSED: &str = "304";

/// What is kept of a callback: the form's words, and who makes it, in turn.
#[derive(Serialize, Deserialize)]
struct Plan {
    call: CallRequest,
    users: Vec<i64>,
}

impl Backend {
    /// Registers a callback and asks the first. What was begun before is gone on with.
    pub(super) async fn call_back(
        &self,
        member_id: &str,
        key: &str,
        call: &CallRequest,
    ) -> Result<(), RestError> {
        let (mut callback, plan) = match self.store.callback(member_id, key).await? {
            Some(begun) => match serde_json::from_str::<Plan>(&begun.payload) {
                Ok(plan) => (begun, plan),
                Err(_) => return Ok(()),
            },
            None => {
                let users = self
                    .who_calls_back(member_id, call.get("PHONE_NUMBER"))
                    .await?;
                let plan = Plan {
                    call: call.clone(),
                    users,
                };
                let callback = WaitingCallback {
                    member_id: member_id.to_owned(),
                    key: key.to_owned(),
                    call_id: String::new(),
                    payload: serde_json::to_string(&plan).unwrap_or_default(),
                    turn: 0,
                    next_at: 0,
                };
                (callback, plan)
            }
        };
        self.ask_for(&mut callback, &plan).await
    }

    // The list keeps its order, and nobody is asked twice.
    async fn who_calls_back(&self, member_id: &str, phone: &str) -> Result<Vec<i64>, RestError> {
        let found = self.caller(member_id, phone).await?;
        let portal = self.store.portal(member_id).await?;
        let portal = portal.ok_or(RestError::NotInstalled)?;
        let listed = self.store.callback_users(member_id).await?;
        let responsible = found.users.iter().map(|it| it.user_id);
        let mut users = Vec::new();
        for user in responsible.chain(listed).chain([portal.admin_id]) {
            if !users.contains(&user) {
                users.push(user);
            }
        }
        Ok(users)
    }

    // Registered before it is written down, under a name by which the portal knows it again.
    async fn ask_for(&self, callback: &mut WaitingCallback, plan: &Plan) -> Result<(), RestError> {
        let at = usize::try_from(callback.turn).unwrap_or_default();
        let Some(user) = plan.users.get(at).copied() else {
            return Ok(());
        };
        if callback.call_id.is_empty() {
            callback.call_id = self.register_callback(callback, &plan.call, user).await?;
        }
        callback.next_at = self.store.clock.now() + self.options.callback_wait;
        self.store.keep_callback(callback).await?;
        let mut call = plan.call.clone();
        call.at = if callback.turn == 0 {
            call.at
        } else {
            self.store.clock.now()
        };
        self.signal_call(&callback.member_id, &callback.call_id, user, &call)
            .await
    }

    async fn register_callback(
        &self,
        callback: &WaitingCallback,
        call: &CallRequest,
        user: i64,
    ) -> Result<String, RestError> {
        let name = match callback.turn {
            0 => callback.key.clone(),
            turn => format!("{}-{turn}", callback.key),
        };
        let mut fields = json!({
            "USER_ID": user,
            "PHONE_NUMBER": call.get("PHONE_NUMBER"),
            "TYPE": 4,
            "SHOW": 1,
            "CRM_CREATE": 0,
            "EXTERNAL_CALL_ID": name,
        });
        for name in ["LINE_NUMBER", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID"] {
            if !call.get(name).is_empty() {
                fields[name] = json!(call.get(name));
            }
        }
        let registered = self
            .rest
            .call(
                &callback.member_id,
                "telephony.externalCall.register",
                fields,
            )
            .await?;
        let call_id = registered.get("CALL_ID").and_then(Value::as_str);
        let call_id = call_id.ok_or_else(|| RestError::refused("ERROR_UNEXPECTED_ANSWER", 200))?;
        Ok(call_id.to_owned())
    }

    /// Notes that an operator makes a callback, so that nobody else is asked. Returns whether it
    /// was one that waited.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn callback_taken(
        &self,
        member_id: &str,
        call_id: &str,
        user_id: i64,
    ) -> Result<bool, RestError> {
        let Some(callback) = self.store.callback_of(member_id, call_id).await? else {
            return Ok(false);
        };
        let plan: Option<Plan> = serde_json::from_str(&callback.payload).ok();
        if !plan.is_some_and(|it| it.users.contains(&user_id)) {
            return Ok(false);
        }
        self.store.end_callback(member_id, &callback.key).await?;
        self.metrics.event("callback_taken");
        Ok(true)
    }

    /// The next one is asked, or the callback finished, when nobody has made it in time.
    pub(super) async fn go_on_with_callback(
        &self,
        mut callback: WaitingCallback,
    ) -> Result<(), RestError> {
        if !self.store.take_callback(&callback, STEP_SECONDS).await? {
            return Ok(());
        }
        let member = callback.member_id.clone();
        let Ok(plan) = serde_json::from_str::<Plan>(&callback.payload) else {
            return Ok(self.store.end_callback(&member, &callback.key).await?);
        };
        let at = usize::try_from(callback.turn).unwrap_or_default();
        let now = plan.users.get(at).copied().unwrap_or_default();
        let Some(next) = plan.users.get(at + 1).copied() else {
            self.finish_unanswered(&member, &callback.call_id, now, "nobody has called back")
                .await?;
            self.store.end_callback(&member, &callback.key).await?;
            self.metrics.event("callback_missed");
            warn!(member, "nobody has called back");
            return Ok(());
        };
        self.hide_call(&member, &callback.call_id, &[now]).await?;
        callback.turn += 1;
        if !self.show_call(&member, &callback.call_id, &[next]).await? {
            // Whoever was asked was busy, and the call was finished there: it is another one now.
            callback.call_id.clear();
        }
        self.ask_for(&mut callback, &plan).await?;
        self.metrics.event("callback_passed_on");
        info!(member, turn = callback.turn, "a callback goes to the next");
        Ok(())
    }

    /// Finishes a call that nobody has taken. One that is finished already stays so.
    pub(super) async fn finish_unanswered(
        &self,
        member_id: &str,
        call_id: &str,
        user_id: i64,
        reason: &str,
    ) -> Result<(), RestError> {
        let end = CallEnd {
            user_id,
            duration: 0,
            status_code: Some(MISSED.to_owned()),
            failed_reason: Some(reason.to_owned()),
            cost: None,
            cost_currency: None,
            record_url: None,
            vote: None,
            add_to_chat: None,
        };
        match self.finish_call(member_id, call_id, &end).await {
            Err(refusal) if refusal.code() == Some("ERROR_CORE") => Ok(()),
            other => other.map(|_| ()),
        }
    }
}
