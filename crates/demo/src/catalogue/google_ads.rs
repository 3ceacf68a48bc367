//! The look-alike of an advertising system: campaigns, ad groups, keywords and what they cost.

use serde_json::json;

use super::people::scatter;
use super::{Vendor, put};
use crate::store::Store;
use crate::tool::{Act, Kind, LIMIT, NOTE, OFFSET, Special, Step, Tool, key, may, must, tool};

/// Google Ads, 12 tools.
pub(super) const VENDOR: Vendor = Vendor {
    slug: "google-ads",
    title: "Google Ads",
    purpose: "Campaigns, keywords and what they cost",
    tools: TOOLS,
    seed,
};

const TOOLS: &[Tool] = &[
    tool(
        Act::List("customers"),
        "list_accessible_customers",
        "List accessible customers",
        "Lists the advertising accounts.",
    )
    .takes(&[LIMIT]),
    // A vendor's generic query tool: it only reads, and neither its name nor an annotation says so.
    tool(
        Act::Special(Special::Query),
        "search",
        "Search",
        "Reads chosen fields of campaigns, ad groups, keywords or daily costs.",
    )
    .takes(&[
        must("resource", Kind::OneOf(&["campaigns", "ad_groups", "keywords", "costs"]), "What to read."),
        may("fields", Kind::Texts, "The fields to return; all unless given."),
        LIMIT,
        NOTE,
    ])
    .looks()
    .unannotated(),
    tool(Act::List("campaigns"), "list_campaigns", "List campaigns", "Lists campaigns with state and budget.")
        .takes(&[
            may("status", Kind::OneOf(&["enabled", "paused"]), "Only campaigns in this state."),
            LIMIT,
            OFFSET,
            NOTE,
        ])
        .typed(),
    tool(Act::Get("campaigns"), "get_campaign", "Get campaign", "Reads one campaign.")
        .takes(&[key("campaign_id", "The id of the campaign.")]),
    tool(
        Act::Sum("costs"),
        "get_campaign_performance",
        "Get campaign performance",
        "Adds up clicks, impressions or cost.",
    )
    .takes(&[
        must("metric", Kind::OneOf(&["clicks", "impressions", "cost"]), "What to add up."),
        may("group_by", Kind::OneOf(&["campaign", "date"]), "How to group."),
        may("start_date", Kind::Date, "The first day."),
        may("end_date", Kind::Date, "The last day."),
    ]),
    tool(
        Act::Create("campaigns", &[("status", "paused")]),
        "create_campaign",
        "Create campaign",
        "Adds a campaign, paused.",
    )
    .takes(&[
        must("name", Kind::Text, "What it is called."),
        must("budget", Kind::Whole(1, 100_000), "Dollars a day."),
        NOTE,
    ]),
    tool(
        Act::Update("campaigns"),
        "update_campaign_budget",
        "Update campaign budget",
        "Changes what a campaign may spend a day.",
    )
    .takes(&[key("campaign_id", "The id of the campaign."), must("budget", Kind::Whole(1, 100_000), "Dollars a day.")]),
    tool(
        Act::Move("campaigns", Step { from: &["enabled"], to: "paused" }),
        "pause_campaign",
        "Pause campaign",
        "Stops a campaign for now.",
    )
    .takes(&[key("campaign_id", "The id of the campaign.")]),
    tool(
        Act::Move("campaigns", Step { from: &["paused"], to: "enabled" }),
        "enable_campaign",
        "Enable campaign",
        "Lets a paused campaign run.",
    )
    .takes(&[key("campaign_id", "The id of the campaign.")]),
    tool(Act::Delete("campaigns"), "remove_campaign", "Remove campaign", "Removes a campaign for good.")
        .takes(&[key("campaign_id", "The id of the campaign."), NOTE])
        .typed(),
    tool(
        Act::List("keywords"),
        "list_keywords",
        "List keywords",
        "Lists the words that an advertisement is shown for.",
    )
    .takes(&[may("campaign", Kind::Ref("campaigns"), "Only those of this campaign."), LIMIT, OFFSET]),
    tool(
        Act::Create("keywords", &[]),
        "add_keyword",
        "Add keyword",
        "Shows the advertisements of a campaign for another word.",
    )
    .takes(&[must("campaign", Kind::Ref("campaigns"), "The campaign."), must("text", Kind::Text, "The word.")]),
];

fn seed(store: &mut Store) {
    for (collection, prefix) in
        [("customers", "acc"), ("campaigns", "cmp"), ("ad_groups", "grp"), ("keywords", "kw"), ("costs", "cost")]
    {
        store.open(collection, prefix);
    }
    put(store, "customers", json!({ "name": "Outfitters Europe", "currency": "USD" }));
    for (index, name) in ["Tents", "Backpacks", "Kayaks", "Brand"].into_iter().enumerate() {
        let campaign = put(
            store,
            "campaigns",
            json!({
                "name": name, "budget": 40 + 20 * index, "status": if index == 2 { "paused" } else { "enabled" },
            }),
        );
        put(store, "ad_groups", json!({ "name": format!("{name}: all"), "campaign": campaign }));
        for word in ["buy", "light", "best"] {
            put(store, "keywords", json!({ "text": format!("{word} {}", name.to_lowercase()), "campaign": campaign }));
        }
        for day in 1..=14_usize {
            let clicks = 20 + scatter(day * 5 + index, 60);
            put(
                store,
                "costs",
                json!({
                    "campaign": campaign, "date": format!("2026-10-{day:02}"), "impressions": clicks * 18, "clicks": clicks,
                    "cost": clicks * 2,
                }),
            );
        }
    }
}
