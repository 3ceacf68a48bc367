//! Processes that misbehave, and calls that end before their answers.

use std::path::Path;

use domain::grant::Profile;
use gateway::{Limits, Template, TemplateLimits};
use serde_json::json;

use super::{Offering, template, until};
use crate::client::Client;
use crate::world::log;

async fn pid(client: &Client) -> String {
    client.call("files__get_pid", json!({})).await.tool_text()
}

/// Calls until a process answers.
async fn answered(client: &Client) -> String {
    let answered = async {
        loop {
            let pid = pid(client).await;
            if !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()) {
                return pid;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, answered).await.unwrap()
}

fn bounded(limits: TemplateLimits) -> impl Fn(&Path) -> Template {
    move |diary| Template { limits: limits.clone(), ..template("legacy", diary) }
}

#[tokio::test]
async fn what_is_no_message_harms_nobody_and_a_broken_one_fails_the_call_that_it_was_for_alone() {
    let log = log();
    let offering = Offering::start(&log, "legacy").await;
    offering.connect("files");
    let client = offering.world.client(&offering.world.owner);
    assert_eq!(client.call("files__get_noise", json!({})).await.tool_text(), "done");
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.call("files__get_wait", json!({})).await.tool_text() }
    });
    offering.diary.has("called get_wait", 1).await;
    let broken = client.call("files__get_broken", json!({})).await;
    assert!(broken.tool_text().contains("gave an answer that cannot be read"), "{}", broken.text);
    log.has("finish get_broken failed upstream-garbled").await;
    assert_eq!(client.call("files__get_release", json!({})).await.tool_text(), "released");
    assert!(waiting.await.unwrap().starts_with("waited as "));
    assert_eq!(offering.diary.count("started"), 1);
}

#[tokio::test]
async fn a_process_that_writes_without_end_is_ended_and_the_next_call_has_another() {
    let log = log();
    for (tool, limits, told) in [
        (
            "get_flood",
            Limits { message_bytes_max: 1 << 20, ..Limits::default() },
            "a message of more than 1048576 bytes",
        ),
        ("get_flood_of_lines", Limits::default(), "more than 2097152 bytes that belong to no call"),
    ] {
        let few = TemplateLimits { output_bytes_max: 2 << 20, ..TemplateLimits::default() };
        let offering = Offering::start_with(&log, limits, bounded(few)).await;
        offering.connect("files");
        let client = offering.world.client(&offering.world.owner);
        let flooded = pid(&client).await;
        let reply = client.call(&format!("files__{tool}"), json!({})).await;
        assert!(reply.tool_text().contains(told), "{}", reply.text);
        assert_eq!(reply.json()["result"]["_meta"]["io.wardroom/failure"]["retryAfterSeconds"], 1);
        log.has(&format!("finish {tool} failed upstream-ended")).await;
        until("it is gone", || !super::is_running(&flooded)).await;
        let next = pid(&client).await;
        assert!(!next.is_empty() && next != flooded, "{next}");
    }
}

#[tokio::test]
async fn a_call_gets_no_more_than_it_may_and_others_of_its_process_go_on() {
    let log = log();
    let few = TemplateLimits { output_bytes_max: 3_000, ..TemplateLimits::default() };
    let offering = Offering::start_with(&log, Limits::default(), bounded(few)).await;
    offering.connect("files");
    let client = offering.world.client(&offering.world.owner);
    let before = pid(&client).await;
    let mut events = client.stream("1", "files__get_progress").await;
    let mut steps = 0;
    let end = loop {
        match events.next().await.unwrap() {
            step if step["method"] == "notifications/progress" => steps += 1,
            end => break end,
        }
    };
    assert!(end.to_string().contains("more than can be passed on") && steps < 50, "{steps} {end}");
    assert_eq!(pid(&client).await, before);
}

#[tokio::test]
async fn progress_comes_whole_and_in_order() {
    let log = log();
    let offering = Offering::start(&log, "modern").await;
    offering.connect("files");
    let mut events = offering.world.client(&offering.world.owner).modern().stream("1", "files__get_progress").await;
    for step in 1..=50 {
        let event = events.next().await.unwrap();
        assert_eq!((&event["params"]["progress"], &event["params"]["progressToken"]), (&json!(step), &json!("tok")));
    }
    assert_eq!(events.next().await.unwrap()["result"]["content"][0]["text"], "done");
}

#[tokio::test]
async fn a_process_that_ends_is_started_anew_and_one_that_ends_again_and_again_only_after_a_while() {
    let log = log();
    let offering = Offering::start(&log, "legacy").await;
    offering.connect("files");
    let client = offering.world.client(&offering.world.owner);
    let reply = client.call("files__get_end_after", json!({})).await;
    assert_eq!(reply.tool_text(), "farewell", "what it wrote before its end still comes");
    // A call that meets it as it ends may fail; the next does not.
    answered(&client).await;
    let reply = client.call("files__get_end", json!({})).await;
    assert!(reply.tool_text().contains("ended before it had answered: it ended with 3"), "{}", reply.text);
    log.has("finish get_end failed upstream-ended").await;
    let reply = client.call("files__get_pid", json!({})).await;
    assert!(reply.tool_text().contains("ends whenever it is started: it ended with 3"), "{}", reply.text);
    assert_eq!(reply.json()["result"]["_meta"]["io.wardroom/failure"]["retryAfterSeconds"], 1);
    assert_eq!(offering.diary.count("started"), 2);
    answered(&client).await;
    assert_eq!(offering.diary.count("started"), 3);
}

#[tokio::test]
async fn what_cannot_be_started_is_said_without_what_stands_in_the_template() {
    let log = log();
    let nothing = |diary: &Path| Template { program: "/tmp".into(), ..template("legacy", diary) };
    let offering = Offering::start_with(&log, Limits::default(), nothing).await;
    offering.connect("files");
    let reply = offering.world.client(&offering.world.owner).call("files__get_pid", json!({})).await;
    let told = reply.tool_text();
    assert!(told.starts_with("Files cannot be started: its program cannot be run") && !told.contains("/tmp"), "{told}");
    log.has("finish get_pid failed upstream-not-started").await;
}

#[tokio::test]
async fn a_call_that_is_given_up_is_called_back_and_a_process_that_hangs_is_not_called_again() {
    let log = log();
    for era in ["modern", "legacy"] {
        let limits = Limits { silence_ms_max: 300, ..Limits::default() };
        let offering = Offering::start_with(&log, limits, |diary| template(era, diary)).await;
        offering.connect("files");
        let client = offering.world.client(&offering.world.owner);
        let client = if era == "modern" { client.modern() } else { client };
        let first = pid(&client).await;
        let reply = client.call("files__get_nothing", json!({})).await;
        assert!(reply.tool_text().contains("did not answer within"), "{}", reply.text);
        let cancelled = |line: &String| line.contains(" cancelled ");
        until("it is called back", || offering.diary.lines().iter().any(cancelled)).await;
        assert_ne!(pid(&client).await, first);
        until("the one that hangs is gone", || !super::is_running(&first)).await;
    }
}

#[tokio::test]
async fn a_question_reaches_the_call_that_it_is_for_and_others_wait_for_their_turn() {
    let log = log();
    let offering = Offering::start(&log, "legacy").await;
    offering.connect("files");
    let (world, diary) = (&offering.world, &offering.diary);
    let forms = json!({ "elicitation": { "form": {} } });
    let client = world.client(&world.owner).taking(forms).initialize().await;
    let mut events = client.stream("1", "files__get_question").await;
    let question = events.next().await.unwrap();
    assert_eq!((&question["method"], &question["params"]["message"]), (&json!("elicitation/create"), &json!("Which?")));
    let other = tokio::spawn({
        let client = client.clone();
        async move { pid(&client).await }
    });
    // Who cannot be asked has another process, and need not wait.
    assert!(!pid(&world.client(&world.owner)).await.is_empty());
    let answer =
        format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"action":"accept","content":{{}}}}}}"#, question["id"]);
    assert_eq!(client.post(&answer).await.status, 202);
    let end = events.next().await.unwrap();
    assert!(end["result"]["content"][0]["text"].as_str().unwrap().contains(r#""action":"accept""#), "{end}");
    assert!(!other.await.unwrap().is_empty());
    assert_eq!((diary.count("was told something else while it asked"), diary.count("started")), (0, 2));

    // What it may still ask for a call that was given up is asked of nobody: the next has another process.
    let mut events = client.stream("2", "files__get_question").await;
    events.next().await.unwrap();
    client.post(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#).await;
    assert!(!pid(&client).await.is_empty());
    assert_eq!(diary.count("started"), 3);
}

#[tokio::test]
async fn no_more_processes_run_than_may_and_the_one_unused_for_longest_makes_room() {
    let log = log();
    for (of_all, of_template) in [(1, 16), (8, 1)] {
        let limits = Limits { processes_max: of_all, ..Limits::default() };
        let one = TemplateLimits { running_max: of_template, ..TemplateLimits::default() };
        let offering = Offering::start_with(&log, limits, bounded(one)).await;
        let files = offering.connect("files");
        let world = &offering.world;
        let fin = world.add_member("Fin");
        world.grant(&fin, files, Profile::Full, &[]);
        let (ada, fin) = (world.client(&world.owner), world.client(&fin));
        let first = pid(&ada).await;
        let waiting = tokio::spawn({
            let ada = ada.clone();
            async move { ada.call("files__get_wait", json!({})).await.tool_text() }
        });
        offering.diary.has("called get_wait", 1).await;
        let reply = fin.call("files__get_pid", json!({})).await;
        assert!(reply.tool_text().contains("as many processes run as may"), "{}", reply.text);
        assert_eq!(ada.call("files__get_release", json!({})).await.tool_text(), "released");
        assert!(waiting.await.unwrap().starts_with("waited"));
        assert_ne!(answered(&fin).await, first);
        until("the first is gone", || !super::is_running(&first)).await;
    }
}

#[tokio::test]
async fn what_a_process_says_for_people_keeps_it_from_nothing() {
    let log = log();
    let offering = Offering::start(&log, "legacy").await;
    offering.connect("files");
    let reply = offering.world.client(&offering.world.owner).call("files__get_stderr", json!({})).await;
    assert_eq!(reply.tool_text(), "said", "and none of it is passed on");
}

#[tokio::test]
async fn a_template_takes_a_secret_where_it_has_a_variable_for_one_and_none_otherwise() {
    let log = log();
    let plain = |diary: &Path| Template { secret_variable: None, ..template("legacy", diary) };
    for (is_taken, of) in
        [(true, &template as &dyn Fn(&str, &Path) -> Template), (false, &|_: &str, diary: &Path| plain(diary))]
    {
        let offering = Offering::start_with(&log, Limits::default(), |diary| of("legacy", diary)).await;
        let gateway = &offering.world.gateway;
        let with = gateway.probe("stdio:fixture", &super::CredentialKind::Environment, Some("s")).await;
        let without = gateway.probe("stdio:fixture", &super::CredentialKind::None, None).await;
        assert_eq!((with.is_ok(), without.is_ok()), (is_taken, !is_taken), "{with:?} {without:?}");
        for nowhere in
            ["stdio:", "stdio:Fixture", "stdio:/bin/sh", "stdio:fixture ", "STDIO:fixture", "stdio://fixture"]
        {
            assert!(gateway.probe(nowhere, &super::CredentialKind::None, None).await.is_err(), "{nowhere}");
        }
    }
}
