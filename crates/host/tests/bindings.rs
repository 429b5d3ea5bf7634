//! Registration, from the library and from the command line.

use std::process::Output;

use crate::support::{
    Host, TestDist,
    portal::Portal,
    process::{arguments, run},
    standing_clock,
};
use b24_host::{
    backend::{bind::Bound, placements},
    clock::Clock,
};
use serde_json::json;

async fn installed_by_process<'a>(dist: &'a TestDist, portal: &Portal) -> (Host<'a>, Vec<String>) {
    let args = arguments(dist, portal, &[]).await;
    let borrowed: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.replica(&borrowed, Clock::System).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    (host, args)
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_second_bind_is_no_error_and_leaves_one_handler() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    let backend = &host.app.backend;
    let tag = backend
        .store
        .portal("a1")
        .await
        .unwrap()
        .unwrap()
        .notice_tag;
    for binding in placements::all_for(&backend.options, "a1", &tag) {
        assert_eq!(
            backend.bind(&binding).await.unwrap(),
            Bound::Already,
            "{}",
            binding.placement
        );
    }
    // The portal has two answers to that, depending on what it checks first.
    let binding = &placements::all_for(&backend.options, "a1", &tag)[0];
    portal.answer(
        "placement.bind",
        400,
        json!({ "error": "ERROR_PLACEMENT_MAX_COUNT" }),
    );
    assert_eq!(backend.bind(binding).await.unwrap(), Bound::Already);
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

#[tokio::test]
async fn an_older_handler_of_the_app_is_replaced() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    portal.unbind("PAGE_BACKGROUND_WORKER");
    portal.bind("PAGE_BACKGROUND_WORKER", "https://old.example.com/handler");
    let backend = &host.app.backend;
    let tag = backend
        .store
        .portal("a1")
        .await
        .unwrap()
        .unwrap()
        .notice_tag;
    let binding = &placements::all_for(&backend.options, "a1", &tag)[0];
    assert_eq!(backend.bind(binding).await.unwrap(), Bound::Instead);
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

#[tokio::test]
async fn the_worker_is_bound_with_its_error_address_titles_and_user() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (host, args) = installed_by_process(&dist, &portal).await;
    let unbound = run(&["unbind", "--portal", &portal.domain], &args).await;
    assert!(unbound.status.success(), "{}", err(&unbound));
    assert_eq!(portal.with(|it| it.handlers.len()), 0);
    let bound = run(
        &[
            "bind",
            "--portal",
            "a1",
            "--placement",
            "page_background_worker",
            "--user-id",
            "7",
            "--title",
            "en=Ring",
        ],
        &args,
    )
    .await;
    assert!(bound.status.success(), "{}", err(&bound));
    portal.with(|it| {
        let (placement, user, handler, error) = &it.handlers[0];
        assert_eq!((placement.as_str(), *user), ("PAGE_BACKGROUND_WORKER", 7));
        assert_eq!(handler, "https://calls.example.com/handler?user=7");
        assert!(error.starts_with("https://calls.example.com/error?portal="));
    });
    let status = run(&["status", "--portal", &portal.domain], &args).await;
    assert!(
        out(&status).contains("for user 7"),
        "{} {}",
        out(&status),
        err(&status)
    );
    let all = run(&["status"], &args).await;
    assert!(out(&all).contains(&portal.domain));
    let forgotten = run(&["forget", "--portal", &portal.domain], &args).await;
    assert!(forgotten.status.success());
    assert_eq!(host.app.backend.store.rows_of("a1").await.unwrap(), 0);
}

#[tokio::test]
async fn a_refusal_names_cause_and_cure_and_the_rest_is_bound() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (_host, args) = installed_by_process(&dist, &portal).await;
    portal.unbind_all();
    portal.answer(
        "placement.bind",
        400,
        json!({ "error": "ERROR_WRONG_HANDLER_URL" }),
    );
    let bound = run(&["bind", "--portal", &portal.domain], &args).await;
    assert_eq!(bound.status.code(), Some(2));
    let text = err(&bound);
    assert!(
        text.contains("PAGE_BACKGROUND_WORKER: ERROR_WRONG_HANDLER_URL: "),
        "{text}"
    );
    assert!(text.contains("--public-url"), "{text}");
    assert_eq!(portal.with(|it| it.handlers.len()), 2);
}

#[tokio::test]
async fn a_webhook_is_refused_with_the_portals_reason_and_without_its_code() {
    let dist = TestDist::new();
    let data = dist.data().to_str().unwrap().to_owned();
    let args = ["--data".to_owned(), data];
    for command in ["bind", "unbind", "status", "forget"] {
        let output = run(
            &[
                command,
                "--portal",
                "https://a.bitrix24.com/rest/1/abc123secret/",
            ],
            &args,
        )
        .await;
        let text = err(&output);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text.contains("WRONG_AUTH_TYPE") && text.contains("application"),
            "{text}"
        );
        assert!(!text.contains("abc123secret"), "{text}");
    }
    let unknown = run(&["bind", "--portal", "a.bitrix24.com"], &args).await;
    assert!(
        err(&unknown).contains("install it there first"),
        "{}",
        err(&unknown)
    );
}

#[tokio::test]
async fn each_command_explains_itself() {
    for (command, option) in [
        ("bind", "--placement"),
        ("unbind", "--user-id"),
        ("status", "--portal"),
        ("serve", "--listen"),
    ] {
        let help = run(&[command, "--help"], &[]).await;
        assert!(help.status.success());
        assert!(out(&help).contains(option), "{command}");
    }
}
