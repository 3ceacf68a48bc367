//! Tools that look like real ones: their names, classes and definitions.

use std::collections::BTreeMap;

use domain::integration::ToolClass;

use crate::draw::Draw;

/// What integrations are called.
pub(crate) const SERVICES: [&str; 10] =
    ["salesforce", "stripe", "outlook", "sendgrid", "analytics", "jira", "hubspot", "zendesk", "netsuite", "workday"];

const THINGS: [&str; 40] = [
    "customer",
    "invoice",
    "payment_intent",
    "subscription",
    "campaign",
    "support_ticket",
    "opportunity",
    "contact",
    "price_book_entry",
    "shipping_address",
    "lead",
    "account",
    "quote",
    "refund",
    "dispute",
    "payout",
    "coupon",
    "message",
    "calendar_event",
    "mail_folder",
    "attachment",
    "template",
    "segment",
    "audience",
    "report",
    "dashboard",
    "issue",
    "sprint",
    "board",
    "comment",
    "deal",
    "pipeline_stage",
    "call_recording",
    "macro_rule",
    "purchase_order",
    "vendor_bill",
    "journal_entry",
    "worker",
    "time_off_request",
    "job_requisition",
];
const DEEDS: [(&str, ToolClass); 6] = [
    ("search", ToolClass::Read),
    ("get", ToolClass::Read),
    ("list", ToolClass::Read),
    ("create", ToolClass::Write),
    ("update", ToolClass::Write),
    ("delete", ToolClass::Delete),
];

/// The names and classes of so many tools, of things drawn for this service.
pub(crate) fn tool_names(many: usize, draw: &mut Draw) -> Vec<(String, ToolClass)> {
    let mut named: BTreeMap<String, ToolClass> = BTreeMap::new();
    while named.len() < many {
        let thing = THINGS[draw.below(THINGS.len())];
        let about = THINGS[draw.below(THINGS.len())];
        let (deed, class) = DEEDS[draw.below(DEEDS.len())];
        let name = if draw.one_in(2) { format!("{deed}_{thing}") } else { format!("{deed}_{thing}_of_{about}") };
        named.entry(name).or_insert(class);
    }
    named.into_iter().collect()
}

/// A definition of about 700 bytes, with the annotations that a well-kept server gives.
pub(crate) fn definition(name: &str, class: ToolClass) -> String {
    let words = name.replace('_', " ");
    serde_json::json!({
        "name": name,
        "title": words,
        "description": format!(
            "Use this to {words}. Give the identifier where you know it, otherwise the fields to match. \
             Returns the record with its fields, or says that there is none."
        ),
        "inputSchema": {
            "type": "object",
            "properties": {
                "id": { "type": "string", "description": "The record's identifier", "maxLength": 64 },
                "query": { "type": "string", "description": "Words to look for in names and addresses" },
                "limit": { "type": "integer", "minimum": 1, "maximum": 100, "description": "Most records to return" },
            },
            "required": ["id"],
            "additionalProperties": false,
        },
        "annotations": {
            "readOnlyHint": class == ToolClass::Read,
            "destructiveHint": class == ToolClass::Delete,
            "idempotentHint": class != ToolClass::Write,
        },
    })
    .to_string()
}
