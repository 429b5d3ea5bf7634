//! `b24-host callbacks`: who makes a callback when nobody responsible does.

use clap::Args;

use super::{
    PortalArgs,
    run::{Outcome, database, open},
    user_id,
};

/// Options of `callbacks`.
#[derive(Args, Debug, Clone)]
pub struct CallbacksArgs {
    /// Where.
    #[command(flatten)]
    pub at: PortalArgs,

    /// A user's id; repeatable, asked in this order. Without one, who is asked is told.
    #[arg(long = "user", value_name = "ID", value_parser = user_id())]
    pub users: Vec<i64>,

    /// Asks nobody but who is responsible, and who installed the app.
    #[arg(long, conflicts_with = "users")]
    pub nobody: bool,
}

pub(super) async fn callbacks(args: &CallbacksArgs) -> Outcome {
    let (backend, portal) = open(&args.at).await?;
    let member = portal.member_id.as_str();
    if args.nobody || !args.users.is_empty() {
        let kept = backend.store.keep_callback_users(member, &args.users).await;
        kept.map_err(database)?;
    }
    let users = backend
        .store
        .callback_users(member)
        .await
        .map_err(database)?;
    let listed: Vec<String> = users.iter().map(|it| format!("user {it}, ")).collect();
    println!(
        "{}: whoever is responsible, then {}then user {}, who installed the app",
        portal.domain,
        listed.concat(),
        portal.admin_id
    );
    Ok(())
}
