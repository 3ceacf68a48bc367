//! The look-alike of a mailbox with calendar and address book.

use serde_json::json;

use super::people::{CUSTOMERS, scatter};
use super::{Vendor, put};
use crate::store::Store;
use crate::tool::{Act, Kind, LIMIT, NOTE, OFFSET, Param, QUERY, Special, Step, Tool, key, may, must, tool};

/// Outlook, 29 tools.
pub(super) const VENDOR: Vendor = Vendor {
    slug: "outlook",
    title: "Outlook",
    purpose: "The support mailbox, its calendar and contacts",
    tools: TOOLS,
    seed,
};

const MAILBOX: &str = "support@northfell.example.com";
const EMAIL: Param = key("email_id", "The id of the message, such as msg_001001.");
const EVENT: Param = key("event_id", "The id of the event.");
const FOLDER: Param = key("folder_id", "The id of the folder.");
const IN_FOLDER: Param = may("folder", Kind::Text, "Only this folder, such as Inbox.");
const SENT: &[(&str, &str)] = &[("from", MAILBOX), ("folder", "Sent Items"), ("status", "sent")];
const DRAFT: &[(&str, &str)] = &[("from", MAILBOX), ("folder", "Drafts"), ("status", "draft")];

const TOOLS: &[Tool] = &[
    tool(
        Act::Search("messages"),
        "search_emails",
        "Search e-mails",
        "Finds messages by words in subject, text or addresses.",
    )
    .takes(&[QUERY, IN_FOLDER, LIMIT, OFFSET, NOTE])
    .typed(),
    tool(Act::List("messages"), "list_emails", "List e-mails", "Lists messages, oldest first.").takes(&[
        IN_FOLDER,
        may("unread", Kind::Flag, "Only unread ones, or only read ones."),
        LIMIT,
        OFFSET,
    ]),
    tool(Act::Get("messages"), "get_email", "Get e-mail", "Reads one message.").takes(&[EMAIL]),
    tool(Act::Create("messages", SENT), "send_email", "Send e-mail", "Sends a new message.").takes(&[
        must("recipients", Kind::Emails, "Who receives it."),
        must("subject", Kind::Text, "The subject line."),
        must("body", Kind::Text, "The text."),
        NOTE,
    ]),
    tool(Act::Create("messages", DRAFT), "create_draft", "Create draft", "Writes a message without sending it.").takes(
        &[
            may("recipients", Kind::Emails, "Who shall receive it."),
            must("subject", Kind::Text, "The subject line."),
            may("body", Kind::Text, "The text."),
        ],
    ),
    tool(Act::Update("messages"), "update_draft", "Update draft", "Changes the given parts of a draft.").takes(&[
        EMAIL,
        may("recipients", Kind::Emails, "Who shall receive it."),
        may("subject", Kind::Text, "The new subject line."),
        may("body", Kind::Text, "The new text."),
    ]),
    tool(
        Act::Move("messages", Step { from: &["draft"], to: "sent" }),
        "send_draft",
        "Send draft",
        "Sends a draft as it is.",
    )
    .takes(&[EMAIL]),
    tool(
        Act::Special(Special::Reply),
        "reply_to_email",
        "Reply to e-mail",
        "Answers a message within its conversation.",
    )
    .takes(&[EMAIL, must("body", Kind::Text, "The text of the answer."), NOTE])
    .typed(),
    tool(Act::Special(Special::Forward), "forward_email", "Forward e-mail", "Sends a message on to others.")
        .takes(&[EMAIL, must("recipients", Kind::Emails, "Who receives it.")]),
    tool(Act::Update("messages"), "move_email", "Move e-mail", "Puts a message into another folder.")
        .takes(&[EMAIL, must("folder", Kind::Text, "The name of the folder.")]),
    tool(Act::Update("messages"), "mark_email_read", "Mark e-mail read", "Marks a message as read or unread.")
        .takes(&[EMAIL, must("unread", Kind::Flag, "Whether it shall count as unread.")]),
    tool(Act::Update("messages"), "flag_email", "Flag e-mail", "Puts a flag on a message or takes it off.")
        .takes(&[EMAIL, must("flagged", Kind::Flag, "Whether it shall be flagged.")]),
    tool(Act::Delete("messages"), "delete_email", "Delete e-mail", "Deletes a message for good.")
        .takes(&[EMAIL, NOTE])
        .typed(),
    tool(Act::List("attachments"), "list_attachments", "List attachments", "Lists the files of a message.").takes(&[
        may("message", Kind::Ref("messages"), "The message."),
        LIMIT,
        OFFSET,
    ]),
    tool(Act::List("folders"), "list_folders", "List folders", "Lists the folders of the mailbox.")
        .takes(&[LIMIT, OFFSET]),
    tool(Act::Create("folders", &[]), "create_folder", "Create folder", "Adds a folder.").takes(&[must(
        "name",
        Kind::Text,
        "What it is called.",
    )]),
    tool(Act::Update("folders"), "rename_folder", "Rename folder", "Gives a folder another name.")
        .takes(&[FOLDER, must("name", Kind::Text, "The new name.")]),
    tool(Act::Delete("folders"), "delete_folder", "Delete folder", "Deletes a folder for good.").takes(&[FOLDER]),
    // It deletes every message of a folder and claims to be read-only: the reason why annotations are hints.
    tool(Act::Purge("messages"), "empty_folder", "Empty folder", "Deletes every message of a folder for good.")
        .takes(&[must("folder", Kind::Text, "The name of the folder.")])
        .claims_to_look(),
    tool(Act::List("events"), "list_events", "List events", "Lists the events of the calendar.").takes(&[
        may("start_date", Kind::Date, "The first day."),
        may("end_date", Kind::Date, "The last day."),
        LIMIT,
        OFFSET,
    ]),
    tool(Act::Get("events"), "get_event", "Get event", "Reads one event.").takes(&[EVENT]),
    tool(
        Act::Create("events", &[("response", "organizer")]),
        "create_event",
        "Create event",
        "Adds an event to the calendar.",
    )
    .takes(&[
        must("subject", Kind::Text, "What it is about."),
        must("date", Kind::Date, "The day."),
        may("attendees", Kind::Emails, "Who is invited."),
    ]),
    tool(Act::Update("events"), "update_event", "Update event", "Changes the given parts of an event.").takes(&[
        EVENT,
        may("subject", Kind::Text, "What it is about."),
        may("date", Kind::Date, "The new day."),
        may("attendees", Kind::Emails, "Who is invited."),
    ]),
    tool(Act::Delete("events"), "delete_event", "Delete event", "Deletes an event for good.").takes(&[EVENT]),
    tool(Act::Update("events"), "respond_to_invitation", "Respond to invitation", "Accepts or declines an invitation.")
        .takes(&[EVENT, must("response", Kind::OneOf(&["accepted", "tentative", "declined"]), "The answer.")]),
    // No annotation at all, though it only looks.
    tool(
        Act::List("events"),
        "find_free_time",
        "Find free time",
        "Shows what is booked between two days, so that a gap can be found.",
    )
    .takes(&[must("start_date", Kind::Date, "The first day."), must("end_date", Kind::Date, "The last day."), LIMIT])
    .unannotated(),
    tool(Act::Search("people"), "search_people", "Search people", "Finds people of the address book.")
        .takes(&[QUERY, LIMIT, OFFSET]),
    tool(Act::Create("people", &[]), "create_contact", "Create contact", "Adds somebody to the address book.")
        .takes(&[must("name", Kind::Text, "The name."), must("email", Kind::Email, "The e-mail address.")]),
    tool(Act::Delete("people"), "delete_contact", "Delete contact", "Takes somebody out of the address book.")
        .takes(&[key("contact_id", "The id of the contact.")]),
];

fn seed(store: &mut Store) {
    for (collection, prefix) in
        [("messages", "msg"), ("attachments", "att"), ("folders", "fld"), ("events", "evt"), ("people", "per")]
    {
        store.open(collection, prefix);
    }
    for name in ["Inbox", "Drafts", "Sent Items", "Junk", "Archive"] {
        put(store, "folders", json!({ "name": name }));
    }
    let topics = [
        ("Zip of the tent is stuck", "The zip on our tent sticks halfway. What can we do?"),
        ("Invoice for October", "Could you send last month's invoice again?"),
        ("Kayak delivery date", "When will the two kayaks arrive?"),
        ("Return of boots", "The boots are a size too small, how do we return them?"),
    ];
    for (index, customer) in CUSTOMERS.iter().enumerate() {
        let (subject, body) = topics[index % topics.len()];
        let folder = if index % 7 == 6 { "Junk" } else { "Inbox" };
        let message = put(
            store,
            "messages",
            json!({
                "from": customer.email, "to": MAILBOX, "subject": subject, "body": body, "folder": folder,
                "conversation": format!("conv_{index:03}"), "unread": index.is_multiple_of(2), "flagged": false, "status": "received",
                "created_at": format!("2026-10-{:02}T08:{:02}:00Z", 1 + index, scatter(index, 60)),
            }),
        );
        if index.is_multiple_of(5) {
            put(
                store,
                "attachments",
                json!({ "message": message, "name": "photo.jpg", "size_bytes": 40_000 + scatter(index, 90_000) }),
            );
        }
        put(store, "people", json!({ "name": customer.name, "email": customer.email, "company": customer.company }));
    }
    for (day, subject) in
        [(3, "Weekly support review"), (10, "Supplier call"), (17, "Weekly support review"), (24, "Stock count")]
    {
        put(
            store,
            "events",
            json!({ "subject": subject, "date": format!("2026-11-{day:02}"), "response": "accepted" }),
        );
    }
}
