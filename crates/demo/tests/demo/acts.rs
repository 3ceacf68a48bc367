//! What a tool does is what the next call reads.

use demo::Options;
use serde_json::json;

use crate::client::World;

#[test]
fn a_created_customer_is_found_updated_and_gone_after_deletion() {
    let world = World::start();
    let before = world.call("stripe", "list_customers", json!({ "limit": 1 }))["total"].as_u64().expect("a number");
    let created =
        world.call("stripe", "create_customer", json!({ "name": "Wanda Reyes", "email": "wanda@reyes.example.com" }));
    let id = created["id"].as_str().expect("an id").to_owned();

    let found = world.call("stripe", "search_customers", json!({ "query": "reyes wanda" }));
    assert_eq!(found["items"][0]["id"], id);
    assert_eq!(world.call("stripe", "list_customers", json!({}))["total"], before + 1);

    world.call("stripe", "update_customer", json!({ "customer": id, "name": "Wanda Reyes-Holm" }));
    let read = world.call("stripe", "retrieve_customer", json!({ "customer": id }));
    assert_eq!(read["name"], "Wanda Reyes-Holm");
    assert_eq!(read["email"], "wanda@reyes.example.com");

    assert_eq!(
        world.call("stripe", "delete_customer", json!({ "customer": id })),
        json!({ "id": id, "deleted": true })
    );
    let sentence = world.refusal("stripe", "retrieve_customer", json!({ "customer": id }));
    assert!(sentence.contains(&id) && sentence.contains("customers"), "{sentence}");
}

#[test]
fn refunds_lower_what_is_left_and_never_give_back_more() {
    let world = World::start();
    let payments = world.call("stripe", "list_payment_intents", json!({ "status": "succeeded", "limit": 1 }));
    let (id, amount) = (&payments["items"][0]["id"], payments["items"][0]["amount"].as_i64().expect("an amount"));
    let balance = || world.call("stripe", "retrieve_balance", json!({}))["available"].as_i64().expect("a number");
    let before = balance();

    world.call("stripe", "create_refund", json!({ "payment_intent": id, "amount": 500 }));
    assert_eq!(balance(), before - 500);
    let sentence = world.refusal("stripe", "create_refund", json!({ "payment_intent": id, "amount": amount }));
    assert!(sentence.contains(&(amount - 500).to_string()), "{sentence}");
    world.call("stripe", "create_refund", json!({ "payment_intent": id }));

    let read = world.call("stripe", "retrieve_payment_intent", json!({ "payment_intent": id }));
    assert_eq!((&read["status"], &read["amount_refunded"]), (&json!("refunded"), &json!(amount)));
    assert_eq!(balance(), before - amount);
    assert_eq!(world.call("stripe", "list_refunds", json!({ "payment_intent": id }))["total"], 2);
}

#[test]
fn an_invoice_goes_from_draft_to_open_to_paid_and_in_no_other_order() {
    let world = World::start();
    let invoice = world.call("stripe", "create_invoice", json!({ "customer": "cus_001001", "amount_due": 4200 }));
    let id = &invoice["id"];
    assert!(world.refusal("stripe", "pay_invoice", json!({ "invoice": id })).contains("finalize"));
    world.call("stripe", "finalize_invoice", json!({ "invoice": id }));
    assert!(world.refusal("stripe", "finalize_invoice", json!({ "invoice": id })).contains("open"));
    let paid = world.call("stripe", "pay_invoice", json!({ "invoice": id }));
    let payment = world.call("stripe", "retrieve_payment_intent", json!({ "payment_intent": paid["payment_intent"] }));
    assert_eq!((&paid["status"], &payment["amount"]), (&json!("paid"), &json!(4200)));
}

#[test]
fn a_batch_is_processed_whole_or_not_at_all() {
    let world = World::start();
    let open = world.call("stripe", "list_payment_intents", json!({ "status": "requires_capture" }));
    let id = open["items"][0]["id"].as_str().expect("an id");
    let with_stranger = json!({ "operation": "cancel", "payment_intents": [id, "pi_999999"] });
    assert!(world.refusal("stripe", "process_batch", with_stranger).contains("pi_999999"));
    let read =
        |id: &str| world.call("stripe", "retrieve_payment_intent", json!({ "payment_intent": id }))["status"].clone();
    assert_eq!(read(id), "requires_capture");
    world.call("stripe", "process_batch", json!({ "operation": "capture", "payment_intents": [id] }));
    assert_eq!(read(id), "succeeded");
}

#[test]
fn a_converted_lead_becomes_an_account_a_contact_and_an_opportunity() {
    let world = World::start();
    let lead = world.call("salesforce", "list_leads", json!({ "status": "New", "limit": 1 }))["items"][0].clone();
    let made = world.call("salesforce", "convert_lead", json!({ "lead_id": lead["id"] }));
    let account = world.call("salesforce", "get_account", json!({ "account_id": made["account"] }));
    let contact = world.call("salesforce", "get_contact", json!({ "contact_id": made["contact"] }));
    assert_eq!((&account["name"], &contact["name"]), (&lead["company"], &lead["name"]));
    assert!(world.refusal("salesforce", "convert_lead", json!({ "lead_id": lead["id"] })).contains("before"));
}

#[test]
fn an_answered_mail_is_in_its_conversation_and_an_emptied_folder_is_empty() {
    let world = World::start();
    let mail = world.call("outlook", "list_emails", json!({ "folder": "Inbox", "limit": 1 }))["items"][0].clone();
    let sent = world.call("outlook", "reply_to_email", json!({ "email_id": mail["id"], "body": "On its way." }));
    assert_eq!((&sent["to"], &sent["conversation"]), (&mail["from"], &mail["conversation"]));
    world.call("outlook", "move_email", json!({ "email_id": mail["id"], "folder": "Junk" }));
    let junk = world.call("outlook", "list_emails", json!({ "folder": "Junk" }))["total"].clone();
    assert_eq!(world.call("outlook", "empty_folder", json!({ "folder": "Junk" }))["deleted"], junk);
    assert_eq!(world.call("outlook", "list_emails", json!({ "folder": "Junk" }))["total"], 0);
}

#[test]
fn reports_add_up_to_the_same_total_however_they_are_grouped() {
    let world = World::start();
    let report =
        |group: &str| world.call("google-analytics", "run_report", json!({ "metric": "sessions", "group_by": group }));
    assert_eq!(report("channel")["rows"].as_array().map(Vec::len), Some(4));
    assert_eq!(report("channel")["total"], report("date")["total"]);
    let one_day = json!({ "metric": "sessions", "start_date": "2026-10-03", "end_date": "2026-10-03" });
    let day = world.call("google-analytics", "run_report", one_day)["total"].as_i64().expect("a number");
    assert!(day > 0 && day < report("date")["total"].as_i64().expect("a number"));
}

#[test]
fn campaigns_are_queried_by_field_paused_and_removed() {
    let world = World::start();
    let rows =
        world.call("google-ads", "search", json!({ "resource": "campaigns", "fields": ["id", "status"], "limit": 1 }));
    let id = &rows["rows"][0]["id"];
    assert_eq!(rows["rows"][0].as_object().map(serde_json::Map::len), Some(2));
    world.call("google-ads", "pause_campaign", json!({ "campaign_id": id }));
    assert_eq!(world.call("google-ads", "get_campaign", json!({ "campaign_id": id }))["status"], "paused");
    world.call("google-ads", "remove_campaign", json!({ "campaign_id": id }));
    assert!(world.refusal("google-ads", "get_campaign", json!({ "campaign_id": id })).contains("campaigns"));
}

#[test]
fn wrong_arguments_are_refused_with_the_argument_and_the_remedy() {
    let world = World::start();
    for (arguments, says) in [
        (json!({}), "'name' is missing"),
        (json!({ "name": 5 }), "'name' must be"),
        (json!({ "name": "A", "email": "nobody" }), "'email' must be an e-mail address"),
        (json!({ "name": "A", "colour": "red" }), "unknown argument 'colour'"),
    ] {
        let sentence = world.refusal("stripe", "create_customer", arguments);
        assert!(sentence.contains(says), "{sentence}");
    }
    let sentence = world.refusal("stripe", "create_invoice", json!({ "customer": "cus_9", "amount_due": 1 }));
    assert!(sentence.contains("cus_9"), "{sentence}");
    assert!(world.refusal("stripe", "list_customers", json!({ "limit": 1000 })).contains("1 to 100"));
    assert!(
        world
            .refusal("stripe", "update_customer", json!({ "customer": "cus_001001" }))
            .contains("at least one of name, email")
    );
}

#[test]
fn address_credentials_and_data_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options { file: Some(folder.path().join("integrations.json")), ..Options::default() };
    let world = World::start_with(options());
    let (url, token) = (world.url("stripe"), world.token("stripe"));
    let id = world.call("stripe", "create_customer", json!({ "name": "Kept" }))["id"].clone();
    world.stop();

    let world = World::start_with(options());
    assert_eq!((world.url("stripe"), world.token("stripe")), (url, token));
    assert_eq!(world.call("stripe", "retrieve_customer", json!({ "customer": id }))["name"], "Kept");
}
