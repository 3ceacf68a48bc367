//! The look-alike of an e-mail delivery service: mailings, templates, recipients, suppressions.

use serde_json::json;

use super::people::{CUSTOMERS, scatter};
use super::{Vendor, put};
use crate::store::Store;
use crate::tool::{Act, Kind, LIMIT, NOTE, OFFSET, Tool, key, may, must, tool};

/// `SendGrid`, 12 tools.
pub(super) const VENDOR: Vendor =
    Vendor { slug: "sendgrid", title: "SendGrid", purpose: "Mailings and templates for customers", tools: TOOLS, seed };

const TOOLS: &[Tool] = &[
    tool(
        Act::Create("mails", &[("status", "sent")]),
        "send_email",
        "Send e-mail",
        "Sends one e-mail to one or more recipients.",
    )
    .takes(&[
        must("to", Kind::Emails, "Who receives it."),
        must("subject", Kind::Text, "The subject line."),
        must("body", Kind::Text, "The text."),
        may("template", Kind::Ref("templates"), "A template to wrap the text in."),
        NOTE,
    ]),
    tool(Act::List("mails"), "list_sent_emails", "List sent e-mails", "Lists e-mails that were sent, oldest first.")
        .takes(&[may("to", Kind::Email, "Only those to this address."), LIMIT, OFFSET, NOTE])
        .typed(),
    tool(Act::List("templates"), "list_templates", "List templates", "Lists the templates.").takes(&[LIMIT, OFFSET]),
    tool(Act::Get("templates"), "get_template", "Get template", "Reads one template.")
        .takes(&[key("template_id", "The id of the template.")]),
    tool(Act::Create("templates", &[]), "create_template", "Create template", "Adds a template.").takes(&[
        must("name", Kind::Text, "What it is called."),
        must("subject", Kind::Text, "The subject line."),
        may("body", Kind::Text, "The text."),
    ]),
    tool(Act::Update("templates"), "update_template", "Update template", "Changes the given parts of a template.")
        .takes(&[
            key("template_id", "The id of the template."),
            may("name", Kind::Text, "The new name."),
            may("subject", Kind::Text, "The new subject line."),
            may("body", Kind::Text, "The new text."),
        ]),
    tool(Act::Delete("templates"), "delete_template", "Delete template", "Deletes a template for good.")
        .takes(&[key("template_id", "The id of the template."), NOTE])
        .typed(),
    tool(Act::List("recipients"), "list_contacts", "List contacts", "Lists the people on the mailing list.")
        .takes(&[LIMIT, OFFSET]),
    tool(Act::Create("recipients", &[]), "add_contact", "Add contact", "Puts somebody on the mailing list.")
        .takes(&[must("email", Kind::Email, "The address."), may("name", Kind::Text, "The name.")]),
    tool(
        Act::Delete("recipients"),
        "delete_contact",
        "Delete contact",
        "Takes somebody off the mailing list and forgets them.",
    )
    .takes(&[key("contact_id", "The id of the contact.")]),
    tool(
        Act::Delete("suppressions"),
        "remove_suppression",
        "Remove suppression",
        "Lets an address that bounced or unsubscribed receive mail again.",
    )
    .takes(&[key("suppression_id", "The id of the suppression.")])
    .unannotated(),
    tool(
        Act::Sum("deliveries"),
        "get_email_stats",
        "Get e-mail statistics",
        "Adds up what was delivered, opened or bounced.",
    )
    .takes(&[
        must("metric", Kind::OneOf(&["delivered", "opened", "bounced"]), "What to count."),
        may("group_by", Kind::OneOf(&["date"]), "How to group."),
        may("start_date", Kind::Date, "The first day."),
        may("end_date", Kind::Date, "The last day."),
    ]),
];

fn seed(store: &mut Store) {
    for (collection, prefix) in
        [("mails", "msg"), ("templates", "tpl"), ("recipients", "rcp"), ("suppressions", "sup"), ("deliveries", "dlv")]
    {
        store.open(collection, prefix);
    }
    for (name, subject) in [
        ("Welcome", "Welcome to the trail"),
        ("Order shipped", "Your gear is on its way"),
        ("Spring sale", "Tents, now lighter"),
    ] {
        put(store, "templates", json!({ "name": name, "subject": subject, "body": "Hello {{name}}," }));
    }
    for customer in CUSTOMERS {
        put(store, "recipients", json!({ "name": customer.name, "email": customer.email }));
    }
    for customer in &CUSTOMERS[..3] {
        put(
            store,
            "mails",
            json!({
                "to": [customer.email], "subject": "Your gear is on its way", "body": "It left our store this morning.",
                "status": "sent",
            }),
        );
        put(store, "suppressions", json!({ "email": format!("old.{}", customer.email), "reason": "bounce" }));
    }
    for day in 1..=30_usize {
        let delivered = 180 + scatter(day, 90);
        put(
            store,
            "deliveries",
            json!({
                "date": format!("2026-10-{day:02}"), "delivered": delivered, "opened": delivered / 3 + scatter(day + 7, 20),
                "bounced": scatter(day + 3, 5),
            }),
        );
    }
}
