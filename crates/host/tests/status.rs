//! What `b24-host status` tells, and that each trouble comes with its cure.

use crate::support::{TestDist, database, portal::Portal, process::run};
use b24_host::clock::Clock;
use serde_json::json;

async fn status(args: &[String], portal: Option<&str>) -> String {
    let mut command = vec!["status"];
    if let Some(portal) = portal {
        command.extend(["--portal", portal]);
    }
    let output = run(&command, args).await;
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[tokio::test]
async fn a_host_without_a_portal_says_so_and_how_to_get_one() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = database::fresh(&dist.data()).await;
    assert!(status(&args, None).await.contains("no public address: "));
    args.extend(portal.args(&dist.data()));
    let told = status(&args, None).await;
    assert!(told.contains("no portal yet: "), "{told}");
    assert!(told.contains("https://calls.example.com/install"), "{told}");
    assert!(!told.contains("no public address"), "{told}");
}

#[tokio::test]
async fn each_state_is_told_with_its_cure() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = database::fresh(&dist.data()).await;
    args.extend(portal.args(&dist.data()));
    let borrowed: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.replica(&borrowed, Clock::System).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    portal.fault(json!({ "scopes": ["placement", "telephony", "pull"] }));
    let told = status(&args, Some("a1")).await;
    assert!(told.contains("event ONAPPINSTALL: bound"), "{told}");
    assert!(!told.contains("wanted"), "{told}");
    assert!(!status(&args, None).await.contains("no portal yet"));
    assert!(
        told.contains("scopes missing: contact_center: add them"),
        "{told}"
    );
    assert!(!told.contains("not finished"), "{told}");
    portal.simulator.set_installed(false);
    let told = status(&args, Some("a1")).await;
    assert!(
        told.contains("installation not finished") && told.contains("open the app"),
        "{told}"
    );
    portal.simulator.set_installed(true);

    let all = ["placement", "telephony", "pull", "contact_center"];
    portal.fault(json!({ "scopes": all }));
    portal.unbind("REST_APP_URI");
    portal.bind("CONTACT_CENTER", "https://old.example.com/handler");
    portal.answer(
        "placement.list",
        200,
        json!({ "result": ["CONTACT_CENTER"] }),
    );
    let told = status(&args, Some("a1")).await;
    for says in [
        "REST_APP_URI: wanted, but not on the portal, which has deleted it: `b24-host bind`",
        "PAGE_BACKGROUND_WORKER: not offered by the portal: give the app the scopes",
        "https://old.example.com/handler for everyone: not wanted by this host; remove it with",
    ] {
        assert!(told.contains(says), "{says}: {told}");
    }

    let store = &host.app.backend.store;
    let mut bindings = store.bindings_of("a1").await.unwrap();
    bindings.retain(|it| it.placement == "REST_APP_URI" || it.placement.contains("ONAPPINSTALL"));
    for binding in &bindings {
        store.want_binding(binding, 60).await.unwrap();
    }
    let told = status(&args, Some("a1")).await;
    let pending = told
        .matches("wanted, not bound yet: a running host binds it")
        .count();
    assert_eq!(pending, 2, "{told}");
}
