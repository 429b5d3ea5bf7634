//! A backup of a host that runs, and its way back.

use std::{fs, path::Path, process::Output};

use crate::support::{
    TestDist, database,
    portal::Portal,
    process::{Process, run},
};

const ACCOUNT: &str = r#"{"server":"wss://sip.example.com","password":"hunter2"}"#;

/// A host on a database of its own that has installed the app and saved an operator's account.
struct Working {
    dist: TestDist,
    portal: Portal,
    host: Process,
    args: Vec<String>,
    operator: String,
}

impl Working {
    async fn start() -> Self {
        let (dist, portal) = (TestDist::new(), Portal::start().await);
        let mut args = database::fresh(&dist.data()).await;
        args.extend(portal.args(&dist.data()));
        let host = Process::start(&dist, &args).await;
        let form = portal.install_form(&portal.login(1));
        assert!(ok(&host.post("/install", &form).await));
        let operator = portal.login(7).0;
        let saved = host.ask("PUT", "/settings/a1/me", &operator, ACCOUNT).await;
        assert!(ok(&saved), "{saved}");
        Self {
            dist,
            portal,
            host,
            args,
            operator,
        }
    }

    fn file(&self) -> String {
        self.dist.path().join("b24.backup").display().to_string()
    }

    async fn account(&self, host: &Process) -> String {
        host.ask("GET", "/settings/a1/me", &self.operator, "").await
    }

    /// The arguments of a host beside this one: a database without a row, and the same key.
    async fn elsewhere(&self) -> Vec<String> {
        let folder = self.dist.path().join("elsewhere");
        let mut args = database::fresh(&folder).await;
        if let Ok(key) = fs::read(self.dist.data().join("key")) {
            fs::write(folder.join("key"), key).unwrap();
        }
        args.extend(self.portal.args(&folder));
        args
    }
}

fn ok(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 20")
}

fn printed(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_backup_of_a_running_host_brings_everything_back_on_another_machine() {
    let it = Working::start().await;
    let taken = run(&["backup", &it.file()], &it.args).await;
    assert!(taken.status.success(), "{}", printed(&taken));
    assert!(printed(&taken).contains("1 portals"), "{}", printed(&taken));
    let text = fs::read_to_string(it.file()).unwrap();
    assert!(!text.contains("hunter2") && !text.contains(&it.operator));

    let args = it.elsewhere().await;
    let back = run(&["restore", &it.file()], &args).await;
    assert!(back.status.success(), "{}", printed(&back));
    let other = Process::start(&it.dist, &args).await;
    assert!(it.account(&other).await.contains("hunter2"));
    // Its events are believed and it is called with its tokens: the next click dials.
    assert!(ok(&other.post("/events", &it.portal.click("c.1")).await));
    it.portal.until(|it| it.signals.len() == 1).await;
}

#[tokio::test]
async fn a_restore_while_the_host_runs_brings_back_what_was_lost() {
    let it = Working::start().await;
    assert!(
        run(&["backup", &it.file()], &it.args)
            .await
            .status
            .success()
    );
    let lost = r#"{"server":"","password":""}"#;
    assert!(ok(&it
        .host
        .ask("PUT", "/settings/a1/me", &it.operator, lost)
        .await));
    it.portal.unbind_all();
    assert!(!it.account(&it.host).await.contains("hunter2"));

    let refused = run(&["restore", &it.file()], &it.args).await;
    assert!(!refused.status.success());
    assert!(
        printed(&refused).contains("--replace"),
        "{}",
        printed(&refused)
    );
    assert!(!it.account(&it.host).await.contains("hunter2"));

    let back = run(&["restore", "--replace", &it.file()], &it.args).await;
    assert!(back.status.success(), "{}", printed(&back));
    assert!(it.account(&it.host).await.contains("hunter2"));
    it.portal.until(|it| it.handlers.len() == 3).await;
    assert!(ok(&it.host.post("/events", &it.portal.click("c.1")).await));
    it.portal.until(|it| it.signals.len() == 1).await;
}

#[tokio::test]
async fn a_restore_keeps_tokens_that_were_renewed_since() {
    let it = Working::start().await;
    assert!(
        run(&["backup", &it.file()], &it.args)
            .await
            .status
            .success()
    );
    it.portal.expire_all();
    assert!(ok(&it.host.post("/events", &it.portal.click("c.1")).await));

    let back = run(&["restore", "--replace", &it.file()], &it.args).await;
    assert!(
        printed(&back).contains("1 portals kept"),
        "{}",
        printed(&back)
    );
    it.portal.expire_all();
    assert!(ok(&it.host.post("/events", &it.portal.click("c.2")).await));
    it.portal.until(|it| it.signals.len() == 2).await;
}

#[tokio::test]
async fn what_is_no_whole_backup_changes_nothing_and_says_why() {
    let it = Working::start().await;
    let whole = it.file();
    assert!(run(&["backup", &whole], &it.args).await.status.success());
    let text = fs::read_to_string(&whole).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let damaged = it.dist.path().join("damaged").display().to_string();
    for (what, content, says) in [
        ("cut off", lines[..lines.len() - 1].join("\n"), "breaks off"),
        (
            "a line less",
            [&lines[..1], &lines[2..]].concat().join("\n"),
            "damaged",
        ),
        (
            "a letter changed",
            text.replacen("wanted", "wented", 1),
            "damaged",
        ),
        ("something else", "hello".to_owned(), "no backup"),
        ("nothing", String::new(), "no backup"),
        (
            "of the future",
            text.replacen("backup\":1", "backup\":2", 1),
            "newer host",
        ),
    ] {
        fs::write(&damaged, content).unwrap();
        let refused = run(&["restore", "--replace", &damaged], &it.args).await;
        assert_eq!(refused.status.code(), Some(2), "{what}");
        assert!(
            printed(&refused).contains(says),
            "{what}: {}",
            printed(&refused)
        );
    }
    assert!(it.account(&it.host).await.contains("hunter2"));

    // Another key: the file alone opens nothing.
    let other = it.elsewhere().await;
    let key = it.dist.path().join("another-key");
    fs::write(&key, "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=").unwrap();
    let mut args = without_key(other);
    args.extend(["--key-file".to_owned(), key.display().to_string()]);
    let refused = run(&["restore", &whole], &args).await;
    assert!(
        printed(&refused).contains("another key"),
        "{}",
        printed(&refused)
    );

    let nowhere = run(&["backup", "/nowhere/at/all"], &it.args).await;
    assert!(
        printed(&nowhere).contains("cannot write"),
        "{}",
        printed(&nowhere)
    );
}

#[tokio::test]
async fn there_is_no_backup_of_a_database_that_is_not_there() {
    let dist = TestDist::new();
    let data = dist.path().join("typo").display().to_string();
    let file = dist.path().join("b").display().to_string();
    let refused = run(&["backup", &file, "--data", &data], &[]).await;
    assert!(
        printed(&refused).contains("there is no database"),
        "{}",
        printed(&refused)
    );
    assert!(!Path::new(&data).exists() && !Path::new(&file).exists());
}

fn without_key(args: Vec<String>) -> Vec<String> {
    let at = args.iter().position(|it| it == "--key-file");
    match at {
        Some(at) => [&args[..at], &args[at + 2..]].concat(),
        None => args,
    }
}
