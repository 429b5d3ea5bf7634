//! The app's external lines on a portal, brought to what the host was started with: those that are
//! missing are added, those that differ changed, and those that this host has added and no longer
//! has are removed. Lines that somebody else has made are left alone.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::Backend;
use crate::{
    lines::{Line, same_number},
    rest::RestError,
};

const TURN: &str = "lines";

/// How long a portal that refuses is left alone at most.
const LONGEST_WAIT: i64 = 60 * 60;

impl Backend {
    /// The portals whose lines are not known to be those of this host.
    pub(super) async fn portals_with_other_lines(&self) -> Result<Vec<String>, RestError> {
        let lines = &self.options.lines;
        let digest = digest(lines);
        Ok(self.store.other_lines(&digest, lines.is_empty()).await?)
    }

    /// Brings one portal's lines up to date, in its turn.
    pub(super) async fn try_to_settle_lines(&self, member_id: &str) -> Result<(), RestError> {
        let interval = self.options.error_interval;
        if !self.store.take_turn(member_id, TURN, interval).await? {
            return Ok(());
        }
        if let Err(refusal) = self.settle_lines(member_id).await {
            let wait = self
                .store
                .put_off(member_id, TURN, interval, LONGEST_WAIT)
                .await?;
            self.metrics.event("lines_refused");
            warn!(member = member_id, %refusal, wait, "the lines are not those of this host yet");
        }
        Ok(())
    }

    /// Brings one portal's lines up to date.
    ///
    /// # Errors
    /// When the portal refuses or does not answer; what was done stays, and is found so next time.
    pub async fn settle_lines(&self, member_id: &str) -> Result<(), RestError> {
        let wanted = &self.options.lines;
        let mut ours = self.store.lines(member_id).await?;
        let before = ours.len();
        for line in wanted {
            if !ours.iter().any(|it| same_number(it, &line.number)) {
                ours.push(line.number.clone());
            }
        }
        // Written down before it is asked for: what a killed host has added is known as its own.
        if ours.len() > before {
            self.store.keep_lines(member_id, &ours, "").await?;
        }
        let there = self
            .call_line(member_id, "telephony.externalLine.get", json!({}))
            .await?;
        let there = there.as_array().cloned().unwrap_or_default();
        let find = |number: &str| {
            there
                .iter()
                .find(|it| same_number(text(it, "NUMBER"), number))
        };
        for line in wanted {
            match find(&line.number) {
                None => self.add_line(member_id, line).await?,
                Some(found) if !is_like(found, line) => {
                    let fields = fields(text(found, "NUMBER"), line);
                    self.call_line(member_id, "telephony.externalLine.update", fields)
                        .await?;
                }
                Some(_) => {}
            }
        }
        for number in &ours {
            let gone = !wanted.iter().any(|it| same_number(&it.number, number));
            if let (true, Some(found)) = (gone, find(number)) {
                let fields = json!({ "NUMBER": text(found, "NUMBER") });
                self.call_line(member_id, "telephony.externalLine.delete", fields)
                    .await?;
            }
        }
        let numbers: Vec<String> = wanted.iter().map(|it| it.number.clone()).collect();
        self.store
            .keep_lines(member_id, &numbers, &digest(wanted))
            .await?;
        self.metrics.event("lines_settled");
        info!(
            member = member_id,
            lines = numbers.len(),
            "the lines are those of this host"
        );
        Ok(())
    }

    // The portal makes a line of any number that a call is registered with, so one may have come
    // into being since it was asked.
    async fn add_line(&self, member_id: &str, line: &Line) -> Result<(), RestError> {
        let fields = fields(&line.number, line);
        let added = self
            .call_line(member_id, "telephony.externalLine.add", fields.clone())
            .await;
        match added {
            Err(refusal) if refusal.code() == Some("ERROR_CORE") => self
                .call_line(member_id, "telephony.externalLine.update", fields)
                .await
                .map(|_| ()),
            other => other.map(|_| ()),
        }
    }

    async fn call_line(
        &self,
        member_id: &str,
        method: &'static str,
        fields: Value,
    ) -> Result<Value, RestError> {
        self.rest.call(member_id, method, fields).await
    }
}

// A line without a name keeps the one that somebody has given it on the portal.
fn fields(number: &str, line: &Line) -> Value {
    let mut fields = json!({ "NUMBER": number, "CRM_AUTO_CREATE": flag(line.crm_auto_create) });
    if !line.name.is_empty() {
        fields["NAME"] = json!(line.name);
    }
    fields
}

fn is_like(found: &Value, line: &Line) -> bool {
    (line.name.is_empty() || text(found, "NAME") == line.name)
        && text(found, "CRM_AUTO_CREATE").eq_ignore_ascii_case(flag(line.crm_auto_create))
}

fn flag(yes: bool) -> &'static str {
    if yes { "Y" } else { "N" }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

// Numbers stand in no column that is not sealed; this tells only whether they are the same.
fn digest(lines: &[Line]) -> String {
    let json = serde_json::to_string(lines).unwrap_or_default();
    let bytes = Sha256::digest(json);
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
