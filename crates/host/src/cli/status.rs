//! `b24-host status`: what is known of the portals, and for each thing that is not as it should be
//! what makes it so.

use serde_json::{Value, json};

use super::{
    BackendArgs, PortalArgs, StatusArgs,
    run::{Outcome, database, open, open_backend, tell},
};
use crate::{
    backend::{
        Backend,
        bind::{Handler, is_wanted},
        placements::{self, PLACEMENTS},
    },
    rest::RestError,
    start_error::StartError,
    store::{Binding, StoreError},
};

/// Tells of all portals, or of one and what is bound there.
///
/// # Errors
/// When the database or the portal does not answer.
pub(super) async fn status(args: &StatusArgs) -> Outcome {
    match &args.portal {
        None => all(&args.backend).await,
        Some(named) => {
            let (backend, portal) = (args.backend.clone(), named.clone());
            one(&PortalArgs { backend, portal }).await
        }
    }
}

async fn all(args: &BackendArgs) -> Outcome {
    let backend = open_backend(args).await?;
    let members = backend.store.members().await.map_err(database)?;
    for member in &members {
        match backend.store.portal(member).await {
            Ok(Some(portal)) => tell(&portal),
            Ok(None) => {}
            Err(StoreError::WillNotOpen) => println!(
                "{member}: its tokens do not open: give the key they were sealed with as a further \
                 line of the key file, or have an administrator install the app again"
            ),
            Err(error) => return Err(database(error)),
        }
    }
    for install in backend.store.open_installs().await.map_err(database)? {
        println!(
            "{} ({}): an install is under way since the portal or the OAuth server did not answer: a \
             running host tries it again for a day",
            install.candidate.domain, install.candidate.member_id
        );
    }
    if members.is_empty() {
        println!(
            "no portal yet: {}",
            first_portal(backend.options.public_url.as_deref())
        );
    }
    if backend.options.public_url.is_none() {
        println!(
            "no public address: a host started so binds nothing; give it with --public-url, like \
             https://calls.example.com"
        );
    }
    Ok(())
}

fn first_portal(public_url: Option<&str>) -> String {
    let origin = public_url.unwrap_or("https://calls.example.com");
    format!(
        "start the host, write {origin}/install into the app's card as its installation path, and \
         have an administrator of a portal open the app there"
    )
}

async fn one(at: &PortalArgs) -> Outcome {
    let (backend, portal) = open(at).await?;
    tell(&portal);
    let member = portal.member_id.as_str();
    let refused = |refusal: RestError| {
        StartError::new(
            "the portal does not tell what is bound",
            refusal.to_string(),
        )
    };
    tell_installation(&backend, member).await.map_err(refused)?;
    let there = backend.handlers(member).await.map_err(refused)?;
    let offered = backend.offered(member).await.map_err(refused)?;
    for name in PLACEMENTS {
        if !offered.iter().any(|it| it == name) {
            println!(
                "  {name}: not offered by the portal: give the app the scopes placement, telephony \
                 and contact_center in its card, and install it again"
            );
        }
    }
    let bindings = backend.store.bindings_of(member).await.map_err(database)?;
    if bindings.is_empty() {
        println!(
            "  nothing is wanted here: run `b24-host bind --portal {}` with --public-url",
            at.portal
        );
    }
    for binding in &bindings {
        if let Some(event) = placements::event_of(binding) {
            println!("  event {event}: {}", state_of(binding, !binding.pending));
        } else {
            let is_there = there
                .iter()
                .any(|it| is_for(it, binding) && is_wanted(it, binding));
            if !is_there {
                println!("  {}: {}", binding.placement, state_of(binding, false));
            }
        }
    }
    for handler in &there {
        let whose = match handler.user_id {
            0 => "everyone".to_owned(),
            user => format!("user {user}"),
        };
        let wanted = bindings
            .iter()
            .any(|it| is_for(handler, it) && is_wanted(handler, it));
        let cure = if wanted {
            ""
        } else {
            ": not wanted by this host; remove it with `b24-host unbind` if nobody else wants it"
        };
        println!(
            "  {}: {} for {whose}{cure}",
            handler.placement, handler.handler
        );
    }
    Ok(())
}

/// The scopes that an app of this kind needs.
const SCOPES: [&str; 4] = ["placement", "telephony", "pull", "contact_center"];

// What the portal itself says of the app: while its installation is not finished, it shows no
// placement and sends no event, though all of them are bound.
async fn tell_installation(backend: &Backend, member: &str) -> Result<(), RestError> {
    let info = backend.rest.call(member, "app.info", json!({})).await?;
    if info.get("INSTALLED").and_then(Value::as_bool) == Some(false) {
        println!(
            "  installation not finished: the portal shows no page and sends no event of the app yet; \
             have an administrator open the app on the portal and wait for its page to say that it \
             is installed"
        );
    }
    if info.get("PAYMENT_EXPIRED").and_then(Value::as_str) == Some("Y") {
        println!("  payment expired: renew the subscription in the portal's Market");
    }
    let scopes = backend.rest.call(member, "scope", json!({})).await?;
    let scopes: Vec<&str> = scopes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    println!("  scopes: {}", scopes.join(", "));
    let missing: Vec<&str> = SCOPES
        .into_iter()
        .filter(|it| !scopes.contains(it))
        .collect();
    if !missing.is_empty() {
        println!(
            "  scopes missing: {}: add them in the app's card, and install the app again",
            missing.join(", ")
        );
    }
    Ok(())
}

fn state_of(binding: &Binding, is_there: bool) -> &'static str {
    match (is_there, binding.pending) {
        (true, _) => "bound",
        (false, true) => {
            "wanted, not bound yet: a running host binds it; its log says why the portal has \
             refused so far, and `b24-host bind` tries at once"
        }
        (false, false) => {
            "wanted, but not on the portal, which has deleted it: `b24-host bind` brings it back, \
             and slow loads are to be looked for"
        }
    }
}

fn is_for(handler: &Handler, binding: &Binding) -> bool {
    handler.placement == binding.placement && handler.user_id == binding.user_id
}
