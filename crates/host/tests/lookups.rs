//! What is asked of the database often reads no whole table.

use sqlx::{AnyConnection, Connection, Row};

use crate::support::TestDist;

/// The statements of the rounds and of each event, with what they look for.
const ASKED: [(&str, &str); 9] = [
    (
        "a portal by its name",
        "SELECT * FROM portals WHERE domain = 'x'",
    ),
    (
        "a portal by its notices",
        "SELECT member_id FROM portals WHERE notice_tag = 'x'",
    ),
    (
        "installs of a portal",
        "SELECT * FROM installs WHERE member_id = 'x'",
    ),
    (
        "a callback by its call",
        "SELECT * FROM callbacks WHERE member_id = 'x' AND call_id = 'y'",
    ),
    (
        "callbacks that are due",
        "SELECT * FROM callbacks WHERE next_at <= 1 ORDER BY next_at",
    ),
    (
        "calls to announce again",
        "SELECT member_id FROM calls WHERE payload <> '' AND created_at >= 1 ORDER BY created_at",
    ),
    (
        "calls to finish",
        "SELECT member_id FROM calls WHERE payload <> '' AND created_at < 1",
    ),
    (
        "handlers with something left to do",
        "SELECT * FROM bindings WHERE pending = 1 OR check_due <> 0 \
         ORDER BY member_id, placement, user_id",
    ),
    (
        "what is swept",
        "DELETE FROM calls WHERE (member_id, call_key) IN \
         (SELECT member_id, call_key FROM calls WHERE created_at < 1 LIMIT 1000)",
    ),
];

/// The indexes that hold only the rows that are looked for.
const OF_A_HANDFUL: [(&str, &str); 3] = [
    ("calls to announce again", "calls_open"),
    ("calls to finish", "calls_open"),
    ("handlers with something left to do", "bindings_open"),
];

#[tokio::test]
async fn what_is_asked_often_reads_no_whole_table() {
    let dist = TestDist::new();
    let _host = dist.host(&[]).await;
    if std::env::var("B24_TEST_POSTGRES").is_ok() {
        return; // PostgreSQL reads small tables whole, whatever indexes there are.
    }
    let url = format!("sqlite://{}", dist.data().join("host.db").display());
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    for (what, statement) in ASKED {
        let plan = sqlx::query(&format!("EXPLAIN QUERY PLAN {statement}"))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        let plan = plan.join("; ");
        match OF_A_HANDFUL.iter().find(|(it, _)| *it == what) {
            Some((_, index)) => assert!(plan.contains(index), "{what}: {plan}"),
            None => assert!(!plan.contains("SCAN"), "{what}: {plan}"),
        }
    }
}
