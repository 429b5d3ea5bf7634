//! Registering handlers: the same call twice leaves one handler and no error.

use serde_json::{Map, Value, json};
use tracing::{error, info};

use super::{
    Backend,
    identity::number,
    placements::{self, event_of},
};
use crate::{
    rest::RestError,
    store::{Binding, Portal},
};

/// What was found or done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The portal took the handler.
    Now,
    /// The portal had it.
    Already,
    /// The portal had another of this app's, which was replaced.
    Instead,
}

/// A handler as `placement.get` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// The placement's name.
    pub placement: String,
    /// The one user it is for, or 0 for everyone.
    pub user_id: i64,
    /// The address the portal posts to.
    pub handler: String,
    /// The address that is told of a deletion, where the portal shows it.
    pub error_handler: Option<String>,
}

impl Backend {
    /// Writes down that a handler is wanted, and binds it.
    ///
    /// # Errors
    /// When the portal refuses or does not answer; a running host tries again.
    pub async fn bind(&self, binding: &Binding) -> Result<Bound, RestError> {
        let seconds = self.options.error_interval;
        self.store.want_binding(binding, seconds).await?;
        self.settle(binding).await
    }

    /// Writes down that a portal is to have everything, and binds it. What is refused is logged,
    /// and tried again.
    pub async fn bind_all(&self, portal: &Portal) {
        let member = &portal.member_id;
        for binding in placements::all_for(&self.options, member, &portal.notice_tag) {
            if let Err(refusal) = self.bind(&binding).await {
                error!(
                    member,
                    placement = binding.placement,
                    %refusal,
                    "not bound, will be tried again"
                );
            }
        }
    }

    /// Binds a handler that is written down.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn settle(&self, binding: &Binding) -> Result<Bound, RestError> {
        let bound = match event_of(binding) {
            Some(event) => self.bind_event(binding, event).await?,
            None => self.bind_placement(binding).await?,
        };
        self.remove_replaced(binding).await?;
        self.store.settle_binding(binding).await?;
        info!(
            member = binding.member_id,
            placement = binding.placement,
            ?bound,
            "bound"
        );
        Ok(bound)
    }

    async fn bind_placement(&self, binding: &Binding) -> Result<Bound, RestError> {
        let member = binding.member_id.as_str();
        let refusal = match self
            .rest
            .call(member, "placement.bind", parameters(binding))
            .await
        {
            Ok(_) => return Ok(Bound::Now),
            Err(refusal) => refusal,
        };
        // The general one for "bound already" is an ERROR_CORE; only its text says more.
        if !matches!(
            refusal.code(),
            Some("ERROR_PLACEMENT_MAX_COUNT" | "ERROR_CORE")
        ) {
            return Err(refusal);
        }
        let there = self.handlers(member).await?;
        let ours: Vec<Handler> = there
            .into_iter()
            .filter(|it| it.placement == binding.placement && it.user_id == binding.user_id)
            .collect();
        // A placement may have several: an older one beside it is removed afterwards.
        if ours.iter().any(|it| is_wanted(it, binding)) {
            return Ok(Bound::Already);
        }
        match ours.into_iter().next() {
            None => Err(refusal),
            Some(found) => {
                self.remove(member, &found).await?;
                self.rest
                    .call(member, "placement.bind", parameters(binding))
                    .await?;
                Ok(Bound::Instead)
            }
        }
    }

    async fn bind_event(&self, binding: &Binding, event: &str) -> Result<Bound, RestError> {
        let member = binding.member_id.as_str();
        let wanted = json!({ "event": event, "handler": binding.wanted.handler });
        let refusal = match self.rest.call(member, "event.bind", wanted).await {
            Ok(_) => return Ok(Bound::Now),
            Err(refusal) => refusal,
        };
        let there = self.rest.call(member, "event.get", json!({})).await?;
        let is_there = there.as_array().is_some_and(|handlers| {
            handlers.iter().any(|it| {
                text(it, "event").is_some_and(|name| name.eq_ignore_ascii_case(event))
                    && text(it, "handler") == Some(&binding.wanted.handler)
            })
        });
        if is_there {
            Ok(Bound::Already)
        } else {
            Err(refusal)
        }
    }

    // A handler at an address that the host has left would be a tile that opens nothing.
    async fn remove_replaced(&self, binding: &Binding) -> Result<(), RestError> {
        let member = binding.member_id.as_str();
        for old in &binding.wanted.replaces {
            if *old == binding.wanted.handler {
                continue;
            }
            let (method, fields) = match event_of(binding) {
                Some(event) => ("event.unbind", json!({ "event": event, "handler": old })),
                None => {
                    let mut fields = json!({ "PLACEMENT": binding.placement, "HANDLER": old });
                    if binding.user_id != 0 {
                        fields["USER_ID"] = json!(binding.user_id);
                    }
                    ("placement.unbind", fields)
                }
            };
            match self.rest.call(member, method, fields).await {
                // Whoever binds in its place has removed it already.
                Err(refusal) if refusal.code() == Some("ERROR_PLACEMENT_HANDLER_NOT_FOUND") => {}
                other => {
                    other?;
                }
            }
        }
        Ok(())
    }

    /// Removes a handler, and the wish for it. Returns how many the portal has removed.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn unbind(&self, binding: &Binding) -> Result<u64, RestError> {
        self.store.drop_binding(binding).await?;
        let there = self.handlers(&binding.member_id).await?;
        let mut removed = 0;
        for found in there {
            if found.placement == binding.placement && found.user_id == binding.user_id {
                self.remove(&binding.member_id, &found).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn remove(&self, member_id: &str, found: &Handler) -> Result<(), RestError> {
        let mut fields = json!({ "PLACEMENT": found.placement, "HANDLER": found.handler });
        if found.user_id != 0 {
            fields["USER_ID"] = json!(found.user_id);
        }
        self.rest
            .call(member_id, "placement.unbind", fields)
            .await?;
        Ok(())
    }

    /// The app's handlers on a portal.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn handlers(&self, member_id: &str) -> Result<Vec<Handler>, RestError> {
        let answer = self
            .rest
            .call(member_id, "placement.get", json!({}))
            .await?;
        let list = answer.as_array().ok_or(RestError::malformed(200))?;
        Ok(list.iter().filter_map(handler).collect())
    }

    /// The placements a portal offers to the app.
    ///
    /// # Errors
    /// When the portal refuses or does not answer.
    pub async fn offered(&self, member_id: &str) -> Result<Vec<String>, RestError> {
        let answer = self
            .rest
            .call(member_id, "placement.list", json!({}))
            .await?;
        let list = answer.as_array().ok_or(RestError::malformed(200))?;
        Ok(list
            .iter()
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect())
    }
}

/// Whether a handler of the portal is the one that is wanted.
#[must_use]
pub fn is_wanted(found: &Handler, binding: &Binding) -> bool {
    let wanted = &binding.wanted;
    found.handler == wanted.handler
        && found
            .error_handler
            .as_ref()
            .is_none_or(|url| *url == wanted.error_handler)
}

fn parameters(binding: &Binding) -> Value {
    let wanted = &binding.wanted;
    let mut fields = json!({ "PLACEMENT": binding.placement, "HANDLER": wanted.handler });
    if let Some((_, title)) = wanted.titles.first() {
        let all: Map<String, Value> = wanted
            .titles
            .iter()
            .map(|(language, title)| (language.clone(), json!({ "TITLE": title })))
            .collect();
        fields["TITLE"] = json!(title);
        fields["LANG_ALL"] = Value::Object(all);
    }
    if !wanted.error_handler.is_empty() {
        fields["OPTIONS"] = json!({ "errorHandlerUrl": wanted.error_handler });
    }
    if binding.user_id != 0 {
        fields["USER_ID"] = json!(binding.user_id);
    }
    fields
}

// Names are written in two ways, depending on the portal's age.
fn handler(value: &Value) -> Option<Handler> {
    let either = |small: &str, capital: &str| value.get(small).or_else(|| value.get(capital));
    let options = either("options", "OPTIONS");
    Some(Handler {
        placement: either("placement", "PLACEMENT")?.as_str()?.to_owned(),
        user_id: either("userId", "USER_ID")
            .and_then(number)
            .unwrap_or_default(),
        handler: either("handler", "HANDLER")?.as_str()?.to_owned(),
        error_handler: options
            .and_then(|it| it.get("errorHandlerUrl"))
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::placements::{APP_URI, WORKER, placement};

    #[test]
    fn the_portal_is_told_titles_user_and_error_address_as_documented() {
        let titles = [("en", "Calls"), ("ru", "Звонки")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let mut binding = placement("https://a.example", &titles, "m", "tag", WORKER);
        binding.user_id = 7;
        assert_eq!(
            parameters(&binding),
            json!({
                "PLACEMENT": "PAGE_BACKGROUND_WORKER",
                "HANDLER": "https://a.example/handler",
                "TITLE": "Calls",
                "LANG_ALL": { "en": { "TITLE": "Calls" }, "ru": { "TITLE": "Звонки" } },
                "OPTIONS": { "errorHandlerUrl": "https://a.example/error?portal=tag" },
                "USER_ID": 7,
            })
        );
        let other = parameters(&placement("https://a.example", &[], "m", "tag", APP_URI));
        assert_eq!(
            other,
            json!({ "PLACEMENT": "REST_APP_URI", "HANDLER": "https://a.example/handler" })
        );
    }
}
