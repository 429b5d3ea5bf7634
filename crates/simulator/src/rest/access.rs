//! Who may call what: the app or a webhook, an administrator or anybody.

use super::RestError;
use crate::hub::{Hub, UserId};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The user the call is made for.
    pub(crate) user: UserId,
    /// Whether that user administers the portal.
    pub(crate) admin: bool,
    /// An app's token, in a frame or on its server; a webhook has none.
    pub(crate) app: bool,
}

/// These work with an app's token only.
const APP_ONLY: [&str; 7] = [
    "app.",
    "event.",
    "placement.",
    "pull.application.",
    "telephony.externalcall.finish",
    "telephony.externalcall.register",
    "telephony.externalline.",
];

/// These need a permission of the app.
const SCOPED: [(&str, &str); 3] = [
    ("placement.", "placement"),
    ("pull.", "pull"),
    ("telephony.", "telephony"),
];

/// The refusal of what the app has no permission for.
pub(crate) fn insufficient_scope() -> RestError {
    RestError::new(
        403,
        "insufficient_scope",
        "The request requires higher privileges than provided by the access token",
    )
}

/// These work for administrators only.
const ADMIN_ONLY: [&str; 3] = ["placement.bind", "placement.get", "placement.unbind"];

impl Caller {
    /// A call with an app's token.
    pub(super) fn app(hub: &Hub, user: UserId) -> Caller {
        Caller {
            app: true,
            ..Caller::webhook(hub, user)
        }
    }

    /// A call by a webhook of `user`.
    pub(super) fn webhook(hub: &Hub, user: UserId) -> Caller {
        let admin = hub.directory.profile(user)["ADMIN"] == true;
        Caller {
            user,
            admin,
            app: false,
        }
    }

    /// Whether the method, in lower case, is open to this caller.
    ///
    /// # Errors
    /// 403 says what is missing.
    pub(super) fn may(&self, method: &str, scopes: &[String]) -> Result<(), RestError> {
        let needed = SCOPED.iter().find(|(start, _)| method.starts_with(start));
        if needed.is_some_and(|(_, scope)| !scopes.iter().any(|it| it == scope)) {
            return Err(insufficient_scope());
        }
        if !self.app && APP_ONLY.iter().any(|name| method.starts_with(name)) {
            return Err(RestError::new(
                403,
                "WRONG_AUTH_TYPE",
                "Current authorization type is denied for this method Application context required",
            ));
        }
        if !self.admin && ADMIN_ONLY.contains(&method) {
            return Err(RestError::new(403, "ACCESS_DENIED", "Access denied!"));
        }
        Ok(())
    }
}
