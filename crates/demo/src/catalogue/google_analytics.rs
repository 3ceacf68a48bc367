//! The look-alike of web analytics: visits by day, channel and country, key events, annotations.

use serde_json::json;

use super::people::scatter;
use super::{Vendor, put};
use crate::store::Store;
use crate::tool::{Act, Kind, LIMIT, NOTE, OFFSET, Param, Tool, key, may, must, tool};

/// Google Analytics, 10 tools.
pub(super) const VENDOR: Vendor = Vendor {
    slug: "google-analytics",
    title: "Google Analytics",
    purpose: "Visits and conversions of the web shop",
    tools: TOOLS,
    seed,
};

const METRIC: Param = must("metric", Kind::OneOf(&["sessions", "users", "conversions", "revenue"]), "What to add up.");
const DIMENSION: Param =
    may("group_by", Kind::OneOf(&["date", "channel", "country"]), "How to group; all together unless given.");
const START: Param = may("start_date", Kind::Date, "The first day.");
const END: Param = may("end_date", Kind::Date, "The last day.");

const TOOLS: &[Tool] = &[
    tool(
        Act::List("properties"),
        "get_account_summaries",
        "Get account summaries",
        "Lists the sites that are measured.",
    )
    .takes(&[LIMIT, OFFSET]),
    tool(Act::Get("properties"), "get_property_details", "Get property details", "Reads the settings of one site.")
        .takes(&[key("property_id", "The id of the property.")]),
    tool(Act::Sum("visits"), "run_report", "Run report", "Adds up visits, people, conversions or revenue, in groups.")
        .takes(&[
            METRIC,
            DIMENSION,
            START,
            END,
            may("channel", Kind::Text, "Only this channel."),
            may("country", Kind::Text, "Only this country."),
            NOTE,
        ])
        .typed(),
    tool(Act::Sum("live"), "run_realtime_report", "Run realtime report", "Counts who is on the site now.").takes(&[
        must("metric", Kind::OneOf(&["users"]), "What to add up."),
        may("group_by", Kind::OneOf(&["country", "page"]), "How to group."),
    ]),
    tool(
        Act::Export("visits"),
        "run_funnel_report",
        "Run funnel report",
        "Walks all visits through the shop in steps and reports progress; it stops when the caller goes away.",
    )
    .takes(&[
        may("steps", Kind::Whole(1, 10_000), "How many steps to take; 10 unless given."),
        may("step_ms", Kind::Whole(0, 60_000), "How long a step takes, in milliseconds; 100 unless given."),
        NOTE,
    ]),
    tool(Act::List("key_events"), "list_key_events", "List key events", "Lists what counts as a conversion.")
        .takes(&[LIMIT, OFFSET]),
    tool(
        Act::Create("key_events", &[]),
        "create_key_event",
        "Create key event",
        "Counts an event as a conversion from now on.",
    )
    .takes(&[must("name", Kind::Text, "The name of the event."), NOTE]),
    tool(
        Act::Delete("key_events"),
        "delete_key_event",
        "Delete key event",
        "No longer counts an event as a conversion.",
    )
    .takes(&[key("key_event_id", "The id of the key event."), NOTE]),
    tool(Act::List("annotations"), "list_annotations", "List annotations", "Lists remarks on days.")
        .takes(&[LIMIT, OFFSET]),
    tool(Act::Create("annotations", &[]), "create_annotation", "Create annotation", "Puts a remark on a day.")
        .takes(&[must("date", Kind::Date, "The day."), must("text", Kind::Text, "The remark.")]),
];

fn seed(store: &mut Store) {
    for (collection, prefix) in
        [("properties", "prop"), ("visits", "vis"), ("live", "live"), ("key_events", "key"), ("annotations", "ann")]
    {
        store.open(collection, prefix);
    }
    put(store, "properties", json!({ "name": "Web shop", "currency": "USD", "timezone": "Europe/Oslo" }));
    put(store, "properties", json!({ "name": "Trail journal", "currency": "USD", "timezone": "Europe/Oslo" }));
    for name in ["purchase", "newsletter_signup"] {
        put(store, "key_events", json!({ "name": name }));
    }
    put(store, "annotations", json!({ "date": "2026-10-05", "text": "Autumn sale starts" }));
    let channels = ["Organic Search", "Paid Search", "Email", "Direct"];
    let countries = ["NO", "US", "GB", "DE"];
    for day in 1..=31_usize {
        for (index, channel) in channels.iter().enumerate() {
            let sessions = 120 + scatter(day * 7 + index, 240);
            let conversions = sessions / 25 + scatter(day + index, 4);
            put(
                store,
                "visits",
                json!({
                    "date": format!("2026-10-{day:02}"), "channel": channel, "country": countries[(day + index) % countries.len()],
                    "sessions": sessions, "users": sessions * 4 / 5, "conversions": conversions, "revenue": conversions * 64,
                }),
            );
        }
    }
    for (index, country) in countries.iter().enumerate() {
        put(store, "live", json!({ "country": country, "page": "/tents", "users": 3 + scatter(index, 9) }));
    }
}
