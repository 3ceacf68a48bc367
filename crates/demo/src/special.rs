//! What only one vendor does: refunds and balances, converting a lead, answering a message, a query over any resource.
//!
//! Each function changes several records or none. Start reading at [`perform`].

use serde_json::{Map, Value, json};

use crate::acts::Work;
use crate::arguments::absent;
use crate::store::Record;
use crate::tool::Special;

/// Does the special act.
pub(crate) fn perform(special: Special, work: &mut Work<'_>) -> Result<Value, String> {
    match special {
        Special::Refund => refund(work),
        Special::Balance => Ok(balance(work)),
        Special::PayInvoice => pay_invoice(work),
        Special::ProcessBatch => process_batch(work),
        Special::ConvertLead => convert_lead(work),
        Special::Reply => reply(work),
        Special::Forward => forward(work),
        Special::Query => query(work),
    }
}

fn number(record: &Record, field: &str) -> i64 {
    record.get(field).and_then(Value::as_i64).unwrap_or(0)
}

fn word<'a>(record: &'a Record, field: &str) -> &'a str {
    record.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn fields(value: Value) -> Record {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn refund(work: &mut Work<'_>) -> Result<Value, String> {
    let payment_id = work.text("payment_intent").unwrap_or_default().to_owned();
    let asked = work.arguments.get("amount").and_then(Value::as_i64);
    let reason = work.text("reason").unwrap_or("requested_by_customer").to_owned();
    let payment =
        work.store.get("payment_intents", &payment_id).ok_or_else(|| absent("payment_intents", &payment_id))?;
    let refunded = number(payment, "amount_refunded");
    let left = number(payment, "amount") - refunded;
    if word(payment, "status") != "succeeded" {
        return Err(format!(
            "{payment_id} is {}, and only a succeeded payment can be refunded",
            word(payment, "status")
        ));
    }
    let amount = asked.unwrap_or(left);
    if amount > left {
        return Err(format!("{amount} is more than the {left} that is left of {payment_id}: give {left} or less"));
    }
    let currency = word(payment, "currency").to_owned();
    let refund = json!({
        "payment_intent": payment_id, "amount": amount, "currency": currency, "reason": reason,
        "status": "succeeded", "created_at": work.now,
    });
    let id = work.store.insert("refunds", fields(refund))?;
    if let Some(payment) = work.store.get_mut("payment_intents", &payment_id) {
        payment.insert("amount_refunded".to_owned(), Value::from(refunded + amount));
        if amount == left {
            payment.insert("status".to_owned(), Value::from("refunded"));
        }
    }
    Ok(read_back(work, "refunds", &id))
}

fn read_back(work: &Work<'_>, collection: &str, id: &str) -> Value {
    work.store.get(collection, id).map_or(Value::Null, |record| Value::Object(record.clone()))
}

fn balance(work: &Work<'_>) -> Value {
    let booked = |record: &&Record| matches!(word(record, "status"), "succeeded" | "refunded");
    let taken: i64 = work.store.iter("payment_intents").filter(booked).map(|record| number(record, "amount")).sum();
    let refunded: i64 =
        work.store.iter("payment_intents").filter(booked).map(|record| number(record, "amount_refunded")).sum();
    json!({ "taken": taken, "refunded": refunded, "available": taken - refunded, "currency": "usd" })
}

fn pay_invoice(work: &mut Work<'_>) -> Result<Value, String> {
    let now = work.now.to_owned();
    let invoice = work.target("invoices")?;
    let status = word(invoice, "status");
    if status != "open" {
        return Err(format!("this invoice is {status}, and only an open one can be paid: finalize it first"));
    }
    let payment = json!({
        "customer": word(invoice, "customer"), "amount": number(invoice, "amount_due"), "amount_refunded": 0,
        "currency": "usd", "status": "succeeded", "description": "Invoice payment", "created_at": now,
    });
    let payment_id = work.store.insert("payment_intents", fields(payment))?;
    let invoice = work.target("invoices")?;
    invoice.insert("status".to_owned(), Value::from("paid"));
    invoice.insert("payment_intent".to_owned(), Value::from(payment_id));
    invoice.insert("updated_at".to_owned(), Value::from(now));
    Ok(Value::Object(invoice.clone()))
}

fn process_batch(work: &mut Work<'_>) -> Result<Value, String> {
    let to = if work.text("operation") == Some("cancel") { "canceled" } else { "succeeded" };
    let ids: Vec<String> = work
        .arguments
        .get("payment_intents")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    for id in &ids {
        let payment = work.store.get("payment_intents", id).ok_or_else(|| absent("payment_intents", id))?;
        if word(payment, "status") != "requires_capture" {
            return Err(format!(
                "{id} is {}, and only what requires_capture can be processed",
                word(payment, "status")
            ));
        }
    }
    for id in &ids {
        if let Some(payment) = work.store.get_mut("payment_intents", id) {
            payment.insert("status".to_owned(), Value::from(to));
        }
    }
    Ok(json!({ "processed": ids, "status": to }))
}

fn convert_lead(work: &mut Work<'_>) -> Result<Value, String> {
    let now = work.now.to_owned();
    let opportunity_name = work.text("opportunity_name").map(str::to_owned);
    let lead = work.target("leads")?.clone();
    if word(&lead, "status") == "Converted" {
        return Err(
            "this lead was converted before: list_leads with another status shows those that were not".to_owned()
        );
    }
    let company = word(&lead, "company").to_owned();
    let account = json!({ "name": company, "type": "Customer", "owner": word(&lead, "owner"), "created_at": now });
    let account_id = work.store.insert("accounts", fields(account))?;
    let contact = json!({
        "name": word(&lead, "name"), "email": word(&lead, "email"), "account": account_id, "created_at": now,
    });
    let contact_id = work.store.insert("contacts", fields(contact))?;
    let opportunity = json!({
        "name": opportunity_name.unwrap_or_else(|| format!("{company}: first order")), "account": account_id,
        "stage": "Qualification", "amount": 0, "created_at": now,
    });
    let opportunity_id = work.store.insert("opportunities", fields(opportunity))?;
    let lead = work.target("leads")?;
    lead.insert("status".to_owned(), Value::from("Converted"));
    lead.insert("converted_account".to_owned(), Value::from(account_id.clone()));
    let id = word(lead, "id").to_owned();
    Ok(json!({ "id": id, "account": account_id, "contact": contact_id, "opportunity": opportunity_id }))
}

fn reply(work: &mut Work<'_>) -> Result<Value, String> {
    let body = work.text("body").unwrap_or_default().to_owned();
    let now = work.now.to_owned();
    let original = work.target("messages")?.clone();
    let subject = word(&original, "subject");
    let subject = if subject.starts_with("RE: ") { subject.to_owned() } else { format!("RE: {subject}") };
    let answer = json!({
        "from": word(&original, "to"), "to": word(&original, "from"), "subject": subject, "body": body,
        "conversation": word(&original, "conversation"), "folder": "Sent Items", "unread": false, "created_at": now,
    });
    let id = work.store.insert("messages", fields(answer))?;
    Ok(read_back(work, "messages", &id))
}

fn forward(work: &mut Work<'_>) -> Result<Value, String> {
    let recipients = work.arguments.get("recipients").cloned().unwrap_or_default();
    let now = work.now.to_owned();
    let original = work.target("messages")?.clone();
    let sent = json!({
        "from": word(&original, "to"), "recipients": recipients, "subject": format!("FW: {}", word(&original, "subject")),
        "body": word(&original, "body"), "conversation": word(&original, "conversation"), "folder": "Sent Items",
        "unread": false, "created_at": now,
    });
    let id = work.store.insert("messages", fields(sent))?;
    Ok(read_back(work, "messages", &id))
}

fn query(work: &mut Work<'_>) -> Result<Value, String> {
    let resource = work.text("resource").unwrap_or_default();
    let wanted = work.arguments.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
    let limit = work.count("limit").unwrap_or(10);
    let mut rows = Vec::new();
    for record in work.store.iter(resource).take(limit) {
        let mut row = Map::new();
        for name in wanted.iter().filter_map(Value::as_str) {
            let value = record.get(name).ok_or_else(|| {
                let known: Vec<&str> = record.keys().map(String::as_str).collect();
                format!("{resource} has no field '{name}': it has {}", known.join(", "))
            })?;
            row.insert(name.to_owned(), value.clone());
        }
        rows.push(Value::Object(if wanted.is_empty() { record.clone() } else { row }));
    }
    Ok(json!({ "resource": resource, "rows": rows, "total": work.store.count(resource) }))
}
