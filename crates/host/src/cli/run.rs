//! `b24-host bind`, `unbind`, `status`, `forget`, `backup` and `restore`.

use std::process::ExitCode;

use super::{callbacks, pbx, status};
use crate::{
    backend::{
        Backend,
        bind::Bound,
        placements::{self, PLACEMENTS, WORKER},
    },
    backup,
    cli::{BackendArgs, BindArgs, Command, PortalArgs, UnbindArgs},
    clock::Clock,
    origin::Origin,
    rest::{Advice, advice},
    start_error::StartError,
    store::{Binding, Portal},
};

pub(super) type Outcome = Result<(), StartError>;

/// Runs a command; what it found stands on stdout, what went wrong on stderr.
pub async fn run(command: &Command) -> ExitCode {
    let outcome = match command {
        Command::Bind(args) => bind(args).await,
        Command::Unbind(args) => unbind(args).await,
        Command::Status(args) => status::status(args).await,
        Command::Forget(args) => forget(args).await,
        Command::Callbacks(args) => callbacks::callbacks(args).await,
        Command::PbxKey(args) => pbx::pbx_key(args).await,
        Command::Backup(args) => backup::backup(args).await,
        Command::Restore(args) => backup::restore(args).await,
        // The caller serves.
        Command::Serve(_) => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("b24-host: {error}");
            ExitCode::from(2)
        }
    }
}

async fn bind(args: &BindArgs) -> Outcome {
    let (backend, portal) = open(&args.at).await?;
    let bindings = wanted(args, &backend, &portal)?;
    let mut failed = false;
    for binding in &bindings {
        let name = &binding.placement;
        match backend.bind(binding).await {
            Ok(Bound::Now) => println!("{name}: bound to {}", binding.wanted.handler),
            Ok(Bound::Already) => println!("{name}: was bound already"),
            Ok(Bound::Instead) => println!("{name}: bound in the place of an older handler"),
            Err(refusal) => {
                failed = true;
                eprintln!("{name}: {refusal}");
            }
        }
    }
    if failed {
        return Err(StartError::new(
            "not everything was bound",
            "mend what is named above and run it again: what is bound stays",
        ));
    }
    Ok(())
}

fn wanted(args: &BindArgs, backend: &Backend, portal: &Portal) -> Result<Vec<Binding>, StartError> {
    let member = &portal.member_id;
    let public = backend.options.public_url.as_deref();
    if args.placements.is_empty() && args.handler.is_none() && args.user_id.is_none() {
        public.ok_or_else(no_address)?;
        return Ok(placements::all_for(
            &backend.options,
            member,
            &portal.notice_tag,
        ));
    }
    let names = names(&args.placements);
    let mut bindings = Vec::new();
    for name in names {
        let origin = public.unwrap_or_default();
        let titles = &backend.options.titles;
        let mut binding = placements::placement(origin, titles, member, &portal.notice_tag, &name);
        if let Some(url) = &args.handler {
            checked("--handler", url)?.clone_into(&mut binding.wanted.handler);
        }
        if let Some(url) = &args.error_handler {
            checked("--error-handler", url)?.clone_into(&mut binding.wanted.error_handler);
        }
        if let Some(user) = args.user_id {
            binding.user_id = user;
            // The portal takes an address once for a placement, whoever it is for.
            let mark = if binding.wanted.handler.contains('?') {
                '&'
            } else {
                '?'
            };
            binding.wanted.handler = format!("{}{mark}user={user}", binding.wanted.handler);
        }
        let needs_origin =
            args.handler.is_none() || (name == WORKER && args.error_handler.is_none());
        if needs_origin && public.is_none() {
            return Err(no_address());
        }
        bindings.push(binding);
    }
    Ok(bindings)
}

async fn unbind(args: &UnbindArgs) -> Outcome {
    let (backend, portal) = open(&args.at).await?;
    for name in names(&args.placements) {
        let mut binding = placements::placement("", &[], &portal.member_id, "", &name);
        binding.user_id = args.user_id.unwrap_or_default();
        let removed = backend.unbind(&binding).await.map_err(|refusal| {
            StartError::new(format!("{name} was not removed"), refusal.to_string())
        })?;
        println!("{name}: {removed} removed");
    }
    Ok(())
}

async fn forget(at: &PortalArgs) -> Outcome {
    let (backend, portal) = open(at).await?;
    backend
        .uninstall(&portal.member_id, true)
        .await
        .map_err(database)?;
    println!("{}: forgotten", portal.domain);
    Ok(())
}

pub(super) fn tell(portal: &Portal) {
    let state = if let Some(code) = &portal.lost {
        match advice(code) {
            Some(Advice { cause, cure }) => format!("{cause}: {cure}"),
            None => format!("authorization lost ({code}): have an administrator open the app"),
        }
    } else if portal.application_token.is_empty() {
        "installed, but its application_token has not come yet: the first event with a token of \
         this app brings it"
            .to_owned()
    } else {
        "installed".to_owned()
    };
    println!("{} ({}): {state}", portal.domain, portal.member_id);
}

pub(super) async fn open(at: &PortalArgs) -> Result<(Backend, Portal), StartError> {
    let host = portal_name(&at.portal)?;
    let backend = open_backend(&at.backend).await?;
    let by_id = backend.store.portal(host).await.map_err(database)?;
    let portal = match by_id {
        Some(portal) => Some(portal),
        None => backend.store.portal_at(host).await.map_err(database)?,
    };
    let portal = portal.ok_or_else(|| {
        StartError::new(
            "the portal has not installed the app",
            "install it there first; `b24-host status` lists those that have",
        )
    })?;
    Ok((backend, portal))
}

// The portals of the store were checked when they installed, and are those allowed now.
pub(super) async fn open_backend(args: &BackendArgs) -> Result<Backend, StartError> {
    let mut backend = Backend::open(args, Vec::new(), Clock::System).await?;
    let mut origins = Vec::new();
    for member in backend.store.members().await.map_err(database)? {
        // One that does not open is told by status, and stops nothing here.
        if let Ok(Some(portal)) = backend.store.portal(&member).await {
            origins.extend(Origin::of_url(&portal.client_endpoint));
        }
    }
    backend.rest.allow(origins, args.allow_loopback);
    Ok(backend)
}

/// The host or id in what a person gives for a portal.
///
/// # Errors
/// When it is a webhook, which cannot bind a placement.
fn portal_name(named: &str) -> Result<&str, StartError> {
    let rest = named.split_once("://").map_or(named, |(_, rest)| rest);
    let mut parts = rest.split('/');
    let host = parts.next().unwrap_or_default();
    // https://host/rest/USER/CODE/: the code is a password and is not repeated.
    if parts.next() == Some("rest") && parts.next().is_some_and(|user| !user.is_empty()) {
        return Err(StartError::new(
            "--portal is a webhook, and placement.* works in the context of an application only: \
             the portal would answer WRONG_AUTH_TYPE (403)",
            "install the app on the portal and name the portal by its host; and make a new \
             webhook, for this one now stands in the shell's history",
        ));
    }
    Ok(host.strip_suffix(":443").unwrap_or(host))
}

fn names(given: &[String]) -> Vec<String> {
    if given.is_empty() {
        PLACEMENTS.map(str::to_owned).to_vec()
    } else {
        given.iter().map(|name| name.to_ascii_uppercase()).collect()
    }
}

fn checked<'a>(option: &str, url: &'a str) -> Result<&'a str, StartError> {
    match Origin::of_url(url) {
        Ok(_) if url.starts_with("http") => Ok(url),
        _ => Err(StartError::new(
            format!("{option} is not an address"),
            "give one like https://calls.example.com/handler",
        )),
    }
}

fn no_address() -> StartError {
    StartError::new(
        "the host does not know its own address",
        "give it with --public-url, like https://calls.example.com, or give --handler and \
         --error-handler",
    )
}

#[allow(clippy::needless_pass_by_value, reason = "it is used with map_err")]
pub(super) fn database(error: crate::store::StoreError) -> StartError {
    StartError::new(error.to_string(), "check --data, DATABASE_URL and the key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_may_be_named_in_any_way_but_by_a_webhook() {
        for text in [
            "a.bitrix24.com",
            "https://a.bitrix24.com",
            "https://a.bitrix24.com:443/",
            "https://a.bitrix24.com/rest/",
        ] {
            assert_eq!(portal_name(text), Ok("a.bitrix24.com"), "{text}");
        }
        let refused =
            portal_name("https://a.bitrix24.com/rest/1/s3cr3tc0de/").map_err(|it| it.to_string());
        assert!(refused.is_err_and(|it| it.contains("WRONG_AUTH_TYPE") && !it.contains("s3cr3t")));
    }
}
