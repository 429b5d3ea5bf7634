//! `b24-host pbx-key`: the key by which a portal's PBX asks the host.

use clap::Args;

use super::{
    PortalArgs,
    run::{Outcome, database, open},
};

/// Options of `pbx-key`.
#[derive(Args, Debug, Clone)]
pub struct PbxKeyArgs {
    /// Where.
    #[command(flatten)]
    pub at: PortalArgs,

    /// Takes the key away, and makes no new one.
    #[arg(long)]
    pub revoke: bool,
}

pub(super) async fn pbx_key(args: &PbxKeyArgs) -> Outcome {
    let (backend, portal) = open(&args.at).await?;
    let member = portal.member_id.as_str();
    if args.revoke {
        let had = backend.store.revoke_pbx_key(member).await;
        let had = had.map_err(database)?;
        println!(
            "{}: {}",
            portal.domain,
            if had { "revoked" } else { "there was no key" }
        );
        return Ok(());
    }
    let key = backend.store.new_pbx_key(member).await.map_err(database)?;
    // Shown here and never again: only its digest is kept.
    println!("{}", key.reveal());
    Ok(())
}
