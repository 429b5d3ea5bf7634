//! The external lines a portal has, as the host was started with them.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::support::{Host, TestDist, database, portal::Portal, standing_clock};
use b24_host::clock::Clock;
use serde_json::json;

async fn started<'a>(
    dist: &'a TestDist,
    portal: &Portal,
    database: &[String],
    lines: &[&str],
    clock: &Clock,
) -> Host<'a> {
    let mut args = database.to_vec();
    args.extend(portal.args(&dist.data()));
    args.extend(["--error-interval", "1"].map(str::to_owned));
    args.extend(lines.iter().map(|it| (*it).to_owned()));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    dist.replica(&args, clock.clone()).await
}

async fn installed<'a>(
    dist: &'a TestDist,
    portal: &Portal,
    database: &[String],
    lines: &[&str],
    clock: &Clock,
) -> Host<'a> {
    let host = started(dist, portal, database, lines, clock).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    host
}

/// Lets the next try come.
fn next_turn(time: &AtomicI64) {
    time.fetch_add(120, Ordering::SeqCst);
}

fn lines(portal: &Portal) -> Vec<(String, String, String)> {
    portal.with(|it| it.lines.clone())
}

fn line(number: &str, name: &str, create: &str) -> (String, String, String) {
    (number.to_owned(), name.to_owned(), create.to_owned())
}

#[tokio::test]
async fn a_portal_has_the_hosts_lines_and_a_second_look_asks_for_nothing() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let database = database::fresh(&dist.data()).await;
    portal.add_line("+49301234", "of another app");
    let options = ["--line", "+15550100=Sales", "--line", "+15550101"];
    let host = installed(&dist, &portal, &database, &options, &clock).await;
    host.app.backend.do_chores().await;
    let all = [
        line("+49301234", "of another app", "Y"),
        line("+15550100", "Sales", "Y"),
        line("+15550101", "", "Y"),
    ];
    assert_eq!(lines(&portal), all);
    // The page gets the numbers alone.
    let config = host.get("/handler").await.config();
    assert_eq!(config["worker"]["lines"], json!(["+15550100", "+15550101"]));

    let asked = portal.requests();
    host.app.backend.do_chores().await;
    next_turn(&time);
    let again = started(&dist, &portal, &database, &options, &clock).await;
    again.app.backend.do_chores().await;
    assert_eq!(portal.requests(), asked);
}

#[tokio::test]
async fn other_lines_at_the_next_start_are_added_renamed_and_removed_but_never_anothers() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let database = database::fresh(&dist.data()).await;
    portal.add_line("+49301234", "of another app");
    let options = ["--line", "+15550100=Sales", "--line", "+15550101=Support"];
    let host = installed(&dist, &portal, &database, &options, &clock).await;
    host.app.backend.do_chores().await;
    drop(host);

    // The portal writes the number in its own way.
    portal.call(
        "telephony.externalLine.delete",
        json!({ "NUMBER": "+15550100" }),
    );
    portal.add_line("1 (555) 01-00", "Sales");
    let options = [
        "--line",
        "+15550100=Hotline",
        "--line",
        "+15550102",
        "--line-crm-auto-create",
        "false",
    ];
    let host = started(&dist, &portal, &database, &options, &clock).await;
    next_turn(&time);
    host.app.backend.do_chores().await;
    let all = [
        line("+49301234", "of another app", "Y"),
        line("1 (555) 01-00", "Hotline", "N"),
        line("+15550102", "", "N"),
    ];
    assert_eq!(lines(&portal), all);
    drop(host);

    let host = started(&dist, &portal, &database, &[], &clock).await;
    next_turn(&time);
    host.app.backend.do_chores().await;
    assert_eq!(lines(&portal), [line("+49301234", "of another app", "Y")]);
    let asked = portal.requests();
    host.app.backend.do_chores().await;
    assert_eq!(portal.requests(), asked);
}

#[tokio::test]
async fn a_portal_that_refuses_holds_up_no_other_and_is_tried_again() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let other = portal.neighbour("b2");
    let database = database::fresh(&dist.data()).await;
    let host = installed(&dist, &portal, &database, &["--line", "+15550100"], &clock).await;
    let form = other.install_form(&other.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    // Added, and the answer is lost.
    portal.add_line("+15550100", "");
    portal.answer(
        "telephony.externalLine.get",
        403,
        json!({ "error": "insufficient_scope" }),
    );
    host.app.backend.do_chores().await;
    let count = |event| host.app.backend.metrics.count(event);
    assert_eq!((count("lines_settled"), count("lines_refused")), (1, 1));
    next_turn(&time);
    host.app.backend.do_chores().await;
    assert_eq!(count("lines_settled"), 2);
    assert_eq!((lines(&portal).len(), lines(&other).len()), (1, 1));
}
