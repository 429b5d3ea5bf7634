//! What the portal page itself asks of its server. No app ever calls these.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    app::life,
    faults::RefreshAuth,
    hub::{Hub, UserId},
    portal,
};

/// Body of `POST /portal/layout`.
#[derive(Deserialize)]
pub(crate) struct LayoutRequest {
    user: UserId,
    /// A row; without one `placement` finds it.
    row: Option<u64>,
    placement: String,
    options: Value,
}

/// A new frame for the app, or `refused` with what the portal shows in its place.
pub(crate) async fn layout(
    State(hub): State<Arc<Hub>>,
    Json(request): Json<LayoutRequest>,
) -> Json<Value> {
    let mut world = hub.world();
    let bound = world
        .app
        .active(&request.placement)
        .next()
        .map(|row| row.id);
    let row = match (request.placement.as_str(), request.row.or(bound)) {
        ("DEFAULT", _) => None,
        (_, None) => return Json(json!({"refused": "The application has no page here."})),
        (_, row) => row,
    };
    let wanted = portal::Wanted {
        row,
        placement: request.placement,
        options: request.options,
    };
    let outcome = portal::layout(&hub, &mut world, request.user, &wanted);
    Json(outcome.unwrap_or_else(|reason| json!({"refused": reason})))
}

/// The installer has finished: says whether there was anything to finish.
pub(crate) async fn install_finish(
    State(hub): State<Arc<Hub>>,
    Json(request): Json<UserRequest>,
) -> Json<Value> {
    Json(json!({"finished": life::finish_install(&hub, request.user)}))
}

/// Body of the requests that only say who asks.
#[derive(Deserialize)]
pub(crate) struct UserRequest {
    user: UserId,
}

/// New tokens for `refreshAuth`; 503 when a fault keeps the portal silent.
pub(crate) async fn refresh(
    State(hub): State<Arc<Hub>>,
    Json(request): Json<UserRequest>,
) -> Response {
    let mut world = hub.world();
    if world.faults.refresh_auth == RefreshAuth::Silent {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let pair = world.issue(request.user);
    Json(json!({
        "AUTH_ID": pair.access,
        "AUTH_EXPIRES": pair.lifetime_s.to_string(),
        "REFRESH_ID": pair.refresh,
    }))
    .into_response()
}

/// Body of `POST /portal/option`.
#[derive(Deserialize)]
pub(crate) struct OptionRequest {
    user: UserId,
    scope: String,
    name: String,
    value: Value,
}

/// Saves a `userOption` or `appOption`; answers all of that scope.
pub(crate) async fn option(
    State(hub): State<Arc<Hub>>,
    Json(request): Json<OptionRequest>,
) -> Json<Value> {
    let mut world = hub.world();
    let world = &mut *world;
    let options: &mut Map<String, Value> = match request.scope.as_str() {
        "app" => &mut world.app_options,
        _ => world.user_options.entry(request.user).or_default(),
    };
    options.insert(request.name, request.value);
    Json(portal::php(options.clone()))
}

/// The app said `setInstall`.
pub(crate) async fn installed(State(hub): State<Arc<Hub>>, Json(request): Json<UserRequest>) {
    hub.world().installed.insert(request.user);
}

/// Body of `POST /portal/crm-card`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CrmRequest {
    entity_type: String,
    entity_id: i64,
    phone_number: String,
}

/// The CRM part of a call card, late as the faults say.
pub(crate) async fn crm_card(
    State(hub): State<Arc<Hub>>,
    Json(request): Json<CrmRequest>,
) -> Response {
    hub.delay(|f| f.crm_card_delay_ms).await;
    if hub.world().faults.crm_card_fails {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let client = hub
        .directory
        .client(&request.entity_type, request.entity_id)
        .cloned()
        .unwrap_or_else(|| {
            json!({
                "type": request.entity_type, "id": request.entity_id,
                "name": request.phone_number, "post": "Not in the CRM yet", "company": "",
            })
        });
    Json(client).into_response()
}

/// Body of `POST /portal/comment`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentRequest {
    call_id: String,
    comment: String,
}

/// Keeps what an employee wrote on a call's card.
pub(crate) async fn comment(State(hub): State<Arc<Hub>>, Json(request): Json<CommentRequest>) {
    let mut world = hub.world();
    world.calls.comment(&request.call_id, request.comment);
    world.announce();
}

/// Body of `POST /portal/click-to-call`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClickToCall {
    pub(crate) number: String,
    pub(crate) user_id: Option<UserId>,
    pub(crate) line_number: Option<String>,
    /// The call campaign it belongs to.
    #[serde(default)]
    pub(crate) call_list_id: i64,
    /// The card has the campaign's buttons. Documented as possible; portals' external cards
    /// have not been seen with them.
    #[serde(default)]
    pub(crate) call_list: bool,
    /// Clicked in the mobile app: no page shows a card.
    #[serde(default)]
    pub(crate) is_mobile: bool,
}

/// Somebody clicked a phone number: the portal registers the call by itself, tells the app's
/// backend, and shows the card.
pub(crate) async fn click_to_call(
    State(hub): State<Arc<Hub>>,
    Json(request): Json<ClickToCall>,
) -> Response {
    let user = request.user_id.unwrap_or(1);
    let line = request.line_number.unwrap_or_default();
    let params = crate::rest::Params::new(json!({
        "USER_ID": user,
        "PHONE_NUMBER": request.number,
        "TYPE": 1,
        "CRM_CREATE": 1,
        "LINE_NUMBER": line,
        "SHOW": 0,
        "callList": request.call_list,
    }));
    let registered = {
        let mut world = hub.world();
        crate::rest::register(&hub, &mut world, &params, crate::calls::Origin::Portal)
    };
    let call = match registered {
        Ok(call) => call,
        Err(error) => return crate::script::refusal(&error),
    };
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let data = json!({
        "PHONE_NUMBER": request.number,
        "PHONE_NUMBER_INTERNATIONAL": request.number,
        "EXTENSION": "",
        "USER_ID": user.to_string(),
        "CALL_LIST_ID": request.call_list_id.to_string(),
        "LINE_NUMBER": line,
        "IS_MOBILE": i32::from(request.is_mobile).to_string(),
        "CALL_ID": call["CALL_ID"],
        "CRM_ENTITY_TYPE": text(&call["CRM_ENTITY_TYPE"]),
        "CRM_ENTITY_ID": text(&call["CRM_ENTITY_ID"]),
    });
    let told = life::raise(&hub, "ONEXTERNALCALLSTART", user, &data);
    if hub.world().faults.event("ONEXTERNALCALLSTART").before_card {
        // A delivery that fails has its line in the log.
        let _ = told.await;
    }
    let mut world = hub.world();
    if !request.is_mobile {
        let params = crate::rest::Params::new(json!({"CALL_ID": call["CALL_ID"]}));
        crate::rest::show(&hub, &mut world, &params);
    }
    world.announce();
    Json(call).into_response()
}
