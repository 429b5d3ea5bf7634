//! Cause and cure of what portals and OAuth servers refuse with.

use super::oauth::LOST_EXCHANGE;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong.
    pub cause: &'static str,
    /// What makes it right.
    pub cure: &'static str,
}

/// Cause and cure of every code that the documentation gives for the methods this host calls.
#[must_use]
pub fn advice(code: &str) -> Option<Advice> {
    let (cause, cure) = match code {
        "EMPTY_ERROR_HANDLER_URL" => (
            "the placement wants OPTIONS[errorHandlerUrl] and got none",
            "give one with --error-handler, or start with --public-url",
        ),
        "ERROR_PLACEMENT_NOT_FOUND" => (
            "the portal has no such placement, or the app lacks the scope that opens it",
            "check the name with `b24-host status`, and give the app the scopes placement and telephony",
        ),
        "ERROR_PLACEMENT_MAX_COUNT" => (
            "the app has a handler in this placement already and may have only one",
            "remove it with `b24-host unbind`, or for one user bind before the handler for everyone",
        ),
        "ERROR_PLACEMENT_USER_MODE" => (
            "the placement takes no handler for a single user",
            "leave --user-id out",
        ),
        "ERROR_PLACEMENT_HANDLER_NOT_FOUND" => (
            "the handler is not bound to this placement",
            "see what is with `b24-host status`",
        ),
        "ERROR_WRONG_HANDLER_URL" => (
            "the portal does not take the handler's address: its host has no dot in it, or is not public",
            "give an address like https://calls.example.com/handler with --public-url",
        ),
        "ERROR_UNSUPPORTED_PROTOCOL" => (
            "the handler's address is neither http nor https",
            "give an https address with --public-url",
        ),
        "ERROR_ARGUMENT" => (
            "a required parameter is missing or has the wrong type",
            "give the placement, its handler and, for PAGE_BACKGROUND_WORKER, --error-handler",
        ),
        "ERROR_CORE" => (
            "the portal could not do it; for a handler: the same address is bound already",
            "compare with `b24-host status`; several users of one placement need addresses that differ, e.g. by a query",
        ),
        "WRONG_AUTH_TYPE" => (
            "the method works in the context of an application only, not with a webhook",
            "install the app on the portal and use its tokens",
        ),
        "ACCESS_DENIED" => (
            "the user is no administrator, or the plan has no REST",
            "have an administrator open the app, and check the portal's plan",
        ),
        "INVALID_CREDENTIALS" | "user_access_error" => (
            "the user may not use the app, or not this method",
            "give the user access to the app in the portal's settings",
        ),
        "insufficient_scope" => (
            "the app lacks a scope that the method needs",
            "give it placement, telephony, pull and contact_center in its card, and install it again",
        ),
        LOST_EXCHANGE => (
            "the answer to an exchange of the refresh token was lost on the way, and the token is spent",
            "have an administrator open any page of the portal",
        ),
        "expired_token" => (
            "the access token has run out and could not be renewed",
            "have an administrator open the app on the portal",
        ),
        "invalid_token" | "NO_AUTH_FOUND" => (
            "the portal does not know the access token",
            "have an administrator open the app on the portal; if it was removed there, install it again",
        ),
        "invalid_grant" => (
            "the refresh token is spent, or belongs to another app",
            "have an administrator open the app on the portal, and check --client-id",
        ),
        "invalid_client" | "wrong_client" | "ERROR_OAUTH" => (
            "the OAuth server does not know the app by its id and secret",
            "check --client-id and --client-secret-file against the app's card",
        ),
        "PAYMENT_REQUIRED" => (
            "the app's subscription has ended on this portal",
            "renew it in the portal's Market",
        ),
        "APPLICATION_NOT_FOUND" | "NOT_INSTALLED" => {
            ("the app is not installed on the portal", "install it there")
        }
        "INSTALLATION_NOT_FINISHED" => (
            "the app's installation on the portal is not finished",
            "have an administrator open the app there and wait for its page to say that it is installed",
        ),
        "PORTAL_DELETED" => (
            "the portal is gone",
            "remove it here with `b24-host forget`",
        ),
        "uninstalled" => (
            "the app was removed from the portal, and what operators have saved was to be kept",
            "install it there again, or remove what is left with `b24-host forget`",
        ),
        "QUERY_LIMIT_EXCEEDED" | "OVERLOAD_LIMIT" => (
            "the portal is asked too often",
            "wait; if it goes on, see which other apps share this address",
        ),
        "OPERATION_TIME_LIMIT" => (
            "the method has used up its time on the portal for these ten minutes",
            "wait ten minutes",
        ),
        "INVALID_REQUEST" => (
            "the portal takes requests over https only",
            "use its https address",
        ),
        "ERROR_METHOD_NOT_FOUND" => (
            "the portal does not know the method, or the app lacks its scope",
            "check the app's scopes; a portal on premises may need an update",
        ),
        "COMMAND_ERROR" | "PARAMS_ERROR" | "MODULE_ID_ERROR" => (
            "the signal is malformed",
            "name it with letters, digits and _ : | . - only, and give it an object",
        ),
        "USER_ID_ACCESS_ERROR" => (
            "only an administrator's token may signal other users",
            "have an administrator open the app on the portal",
        ),
        "INTERNAL_SERVER_ERROR" | "ERROR_UNEXPECTED_ANSWER" => (
            "the portal failed",
            "try again; if it goes on, ask Bitrix24's support",
        ),
        _ => return None,
    };
    Some(Advice { cause, cure })
}
