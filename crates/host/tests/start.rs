//! What the host says when it cannot start.

use std::fs;

use crate::support::TestDist;

fn error_of(dist: &TestDist, args: &[&str]) -> String {
    dist.site(args).unwrap_err().to_string()
}

#[test]
fn a_missing_dist_is_cured_by_the_build() {
    let dist = TestDist::new();
    fs::remove_dir_all(dist.path()).unwrap();
    let error = error_of(&dist, &[]);
    assert!(error.contains("there is no folder"), "{error}");
    assert!(error.contains("run ./build.sh first"), "{error}");
}

#[test]
fn an_incomplete_dist_names_the_missing_part() {
    for part in [
        "handler.html",
        "service-worker.js",
        "manifest.json",
        "options.json",
        "assets/boot.1a.js",
    ] {
        let dist = TestDist::new();
        fs::remove_file(dist.path().join(part)).unwrap();
        let error = error_of(&dist, &[]);
        let name = part.trim_start_matches("assets/");
        assert!(
            error.contains(name) && error.contains("./build.sh"),
            "{error}"
        );
    }
}

#[test]
fn accounts_without_an_app_id_are_refused() {
    let error = error_of(&TestDist::new(), &["--accounts"]);
    assert!(
        error.contains("--accounts needs --client-id")
            && error.contains("give the app's client_id"),
        "{error}"
    );
}

#[test]
fn a_broken_manifest_is_cured_by_the_build() {
    let dist = TestDist::new();
    for (manifest, says) in [
        ("[]", "map of names"),
        ("{", "map of names"),
        ("{}", "boot.js"),
    ] {
        dist.write("manifest.json", manifest);
        let error = error_of(&dist, &[]);
        assert!(
            error.contains(says) && error.contains("./build.sh"),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_adapter_is_answered_with_the_known_ones() {
    let dist = TestDist::new();
    for name in ["pigeon", "", "../boot", "LOOPBACK"] {
        let error = error_of(&dist, &["--adapter", name]);
        assert!(error.contains("loopback, sip"), "{error}");
    }
}

#[test]
fn without_an_adapter_there_is_no_softphone_and_there_can_be_no_accounts() {
    let dist = TestDist::new();
    assert!(dist.site(&["--adapter", "none"]).is_ok());
    let error = error_of(&dist, &["--adapter", "none", "--accounts"]);
    assert!(error.contains("--adapter none"), "{error}");
}

#[test]
fn malformed_adapter_options_are_located_but_never_shown() {
    let dist = TestDist::new();
    for text in [
        r#"{"password":"hunter2""#,
        r#"["hunter2"]"#,
        "hunter2",
        "'hunter2'",
        "",
    ] {
        let error = error_of(&dist, &["--adapter-options", text]);
        assert!(error.contains("--adapter-options"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn worker_options_reach_the_page_but_not_those_it_sets_itself() {
    let dist = TestDist::new();
    for (options, cause) in [
        (r#"{"lines":["+1"]}"#, "--line"),
        (r#"{"report":1}"#, "leave it out"),
        ("[]", "JSON object"),
        ("{", "line 1"),
    ] {
        let error = error_of(&dist, &["--worker-options", options]);
        assert!(error.contains("--worker-options"), "{error}");
        assert!(error.contains(cause), "{error}");
    }
}

#[test]
fn a_portal_that_is_no_origin_is_named_with_an_example() {
    let dist = TestDist::new();
    for portal in [
        "crm.example.com",
        "https://a.com/x",
        "https://a.com; script-src *",
        "*",
    ] {
        let error = error_of(&dist, &["--portal", portal]);
        assert!(
            error.contains("--portal") && error.contains("https://crm.example.com"),
            "{error}"
        );
    }
}

#[test]
fn scripts_are_loaded_over_http_only() {
    let dist = TestDist::new();
    for url in [
        "javascript://x",
        "data:text/javascript,1",
        "wss://a.com/x",
        "/bx24.js",
        "",
    ] {
        assert!(
            error_of(&dist, &["--bx24-js", url]).contains("--bx24-js"),
            "{url}"
        );
    }
    assert!(error_of(&dist, &["--adapter", "file:///x.js"]).contains("--adapter"));
}

#[test]
fn a_line_is_a_telephone_number() {
    let dist = TestDist::new();
    for line in ["", " ", "abc", "+", "hunter2", "+1555\n0100", "sip:1@a"] {
        let error = error_of(&dist, &["--line", line]);
        assert!(
            error.contains("--line is not a telephone number"),
            "{error}"
        );
        assert!(
            !error.contains("hunter2") && !error.contains("abc"),
            "{error}"
        );
    }
    for line in ["+15550100", "100", "8 (495) 123-45-67", "*77#"] {
        assert!(dist.site(&["--line", line]).is_ok(), "{line}");
    }
}

#[test]
fn a_misspelt_option_of_worker_or_adapter_is_named() {
    let dist = TestDist::new();
    for (option, given, says) in [
        ("--worker-options", r#"{"tranfer":"blind"}"#, "transfer"),
        (
            "--worker-options",
            r#"{"transfer":"blond"}"#,
            "attended or blind",
        ),
        ("--adapter-options", r#"{"sever":"wss://a"}"#, "server"),
        ("--adapter-options", r#"{"line":7}"#, "a text"),
    ] {
        let error = error_of(&dist, &["--adapter", "sip", option, given]);
        assert!(error.contains(option) && error.contains(says), "{error}");
    }
    // An adapter that does not say what it takes is given all.
    assert!(
        dist.site(&["--adapter-options", r#"{"anything":1}"#])
            .is_ok()
    );
    assert!(
        dist.site(&["--worker-options", r#"{"transfer":"blind"}"#])
            .is_ok()
    );
}
