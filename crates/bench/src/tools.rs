//! Tools that look like real ones: their names, classes and definitions.

use domain::integration::ToolClass;

/// What integrations are called.
pub(crate) const SERVICES: [&str; 10] =
    ["salesforce", "stripe", "outlook", "sendgrid", "analytics", "jira", "hubspot", "zendesk", "netsuite", "workday"];

const THINGS: [&str; 10] = [
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
];
const DEEDS: [(&str, ToolClass); 6] = [
    ("search", ToolClass::Read),
    ("get", ToolClass::Read),
    ("list", ToolClass::Read),
    ("create", ToolClass::Write),
    ("update", ToolClass::Write),
    ("delete", ToolClass::Delete),
];

/// The names and classes of so many tools.
pub(crate) fn tool_names(many: usize) -> Vec<(String, ToolClass)> {
    let name = |place: usize| {
        let (deed, class) = DEEDS[place % DEEDS.len()];
        let thing = THINGS[place / DEEDS.len() % THINGS.len()];
        let again = place / (DEEDS.len() * THINGS.len());
        (if again == 0 { format!("{deed}_{thing}") } else { format!("{deed}_{thing}_{again}") }, class)
    };
    (0..many).map(name).collect()
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
