//! The look-alike of a customer relationship system: accounts, contacts, leads, opportunities.

use serde_json::json;

use super::people::{CUSTOMERS, scatter};
use super::{Vendor, put};
use crate::store::Store;
use crate::tool::{Act, Kind, LIMIT, NOTE, OFFSET, QUERY, Special, Tool, key, may, must, tool};

/// Salesforce, 20 tools.
pub(super) const VENDOR: Vendor = Vendor {
    slug: "salesforce",
    title: "Salesforce",
    purpose: "Customers, leads and deals of the sales team",
    tools: TOOLS,
    seed,
};

const INDUSTRIES: &[&str] = &["Hospitality", "Recreation", "Travel", "Sports", "Retail", "Other"];
const STAGES: &[&str] = &["Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost"];
const LEAD_STATES: &[&str] = &["New", "Working", "Converted", "Unqualified"];
const INDUSTRY: crate::tool::Param = may("industry", Kind::OneOf(INDUSTRIES), "The line of business.");

const TOOLS: &[Tool] =
    &[
        tool(
            Act::Search("accounts"),
            "search_accounts",
            "Search accounts",
            "Finds companies by words in their name or details.",
        )
        .takes(&[QUERY, INDUSTRY, LIMIT, OFFSET, NOTE])
        .typed(),
        tool(Act::Get("accounts"), "get_account", "Get account", "Reads one company with all its fields.")
            .takes(&[key("account_id", "The id of the account, such as 001_001001.")]),
        tool(Act::Create("accounts", &[("type", "Prospect")]), "create_account", "Create account", "Adds a company.")
            .takes(&[
                must("name", Kind::Text, "The name of the company."),
                INDUSTRY,
                may("country", Kind::Text, "Two-letter country."),
                NOTE,
            ])
            .typed(),
        tool(Act::Update("accounts"), "update_account", "Update account", "Changes the given fields of a company.")
            .takes(&[
                key("account_id", "The id of the account."),
                may("name", Kind::Text, "The new name."),
                INDUSTRY,
                may("owner", Kind::Text, "Who looks after it."),
            ]),
        tool(Act::Delete("accounts"), "delete_account", "Delete account", "Deletes a company for good.")
            .takes(&[key("account_id", "The id of the account."), NOTE])
            .typed(),
        tool(
            Act::Search("contacts"),
            "search_contacts",
            "Search contacts",
            "Finds people by words in their name, address or company.",
        )
        .takes(&[QUERY, may("account", Kind::Ref("accounts"), "Only people of this account."), LIMIT, OFFSET]),
        tool(Act::Get("contacts"), "get_contact", "Get contact", "Reads one person with all fields.")
            .takes(&[key("contact_id", "The id of the contact.")]),
        tool(Act::Create("contacts", &[]), "create_contact", "Create contact", "Adds a person to a company.").takes(&[
            must("name", Kind::Text, "The person's full name."),
            must("email", Kind::Email, "The person's e-mail address."),
            may("account", Kind::Ref("accounts"), "The account that the person belongs to."),
            may("phone", Kind::Text, "A telephone number."),
        ]),
        tool(Act::Update("contacts"), "update_contact", "Update contact", "Changes the given fields of a person.")
            .takes(&[
                key("contact_id", "The id of the contact."),
                may("name", Kind::Text, "The new name."),
                may("email", Kind::Email, "The new e-mail address."),
                may("phone", Kind::Text, "The new telephone number."),
            ]),
        tool(Act::Delete("contacts"), "delete_contact", "Delete contact", "Deletes a person for good.")
            .takes(&[key("contact_id", "The id of the contact.")]),
        tool(Act::List("leads"), "list_leads", "List leads", "Lists people who showed interest, oldest first.")
            .takes(&[
                may("status", Kind::OneOf(LEAD_STATES), "Only leads in this state."),
                may("owner", Kind::Text, "Only leads of this person."),
                LIMIT,
                OFFSET,
            ])
            .typed(),
        tool(
            Act::Create("leads", &[("status", "New")]),
            "create_lead",
            "Create lead",
            "Adds somebody who showed interest.",
        )
        .takes(&[
            must("name", Kind::Text, "The person's full name."),
            must("company", Kind::Text, "Where the person works."),
            must("email", Kind::Email, "The person's e-mail address."),
            may("source", Kind::OneOf(&["Web", "Fair", "Referral", "Phone"]), "How we met."),
            NOTE,
        ]),
        tool(
            Act::Special(Special::ConvertLead),
            "convert_lead",
            "Convert lead",
            "Turns a lead into an account, a contact and an opportunity.",
        )
        .takes(&[
            key("lead_id", "The id of the lead."),
            may("opportunity_name", Kind::Text, "What to call the opportunity."),
        ]),
        tool(Act::List("opportunities"), "list_opportunities", "List opportunities", "Lists deals, oldest first.")
            .takes(&[
                may("stage", Kind::OneOf(STAGES), "Only deals in this stage."),
                may("account", Kind::Ref("accounts"), "Only deals with this account."),
                LIMIT,
                OFFSET,
            ]),
        tool(
            Act::Create("opportunities", &[("stage", "Qualification")]),
            "create_opportunity",
            "Create opportunity",
            "Adds a deal.",
        )
        .takes(&[
            must("name", Kind::Text, "What the deal is called."),
            must("account", Kind::Ref("accounts"), "The account that it is with."),
            may("amount", Kind::Whole(0, 100_000_000), "What it is worth, in whole dollars."),
            may("close_date", Kind::Date, "When it should be won."),
        ]),
        tool(
            Act::Update("opportunities"),
            "update_opportunity_stage",
            "Update opportunity stage",
            "Moves a deal to another stage.",
        )
        .takes(&[
            key("opportunity_id", "The id of the opportunity."),
            must("stage", Kind::OneOf(STAGES), "The new stage."),
        ]),
        tool(Act::Delete("opportunities"), "delete_opportunity", "Delete opportunity", "Deletes a deal for good.")
            .takes(&[key("opportunity_id", "The id of the opportunity.")]),
        tool(Act::List("cases"), "list_cases", "List cases", "Lists questions and complaints of customers.").takes(&[
            may("status", Kind::OneOf(&["Open", "Closed"]), "Only cases in this state."),
            LIMIT,
            OFFSET,
        ]),
        // No annotation, and a name that says nothing about what it does: a reader must look before trusting it.
        tool(
            Act::Sum("opportunities"),
            "pipeline_summary",
            "Pipeline summary",
            "Adds up the worth of the deals by stage or owner.",
        )
        .takes(&[may("group_by", Kind::OneOf(&["stage", "owner"]), "How to group; all together unless given.")])
        .typed()
        .unannotated(),
        tool(
            Act::Export("contacts"),
            "bulk_export",
            "Bulk export",
            "Exports all contacts in steps and reports progress; it stops when the caller goes away.",
        )
        .takes(&[
            may("steps", Kind::Whole(1, 10_000), "How many steps to take; 10 unless given."),
            may("step_ms", Kind::Whole(0, 60_000), "How long a step takes, in milliseconds; 100 unless given."),
            NOTE,
        ]),
    ];

fn seed(store: &mut Store) {
    for (collection, prefix) in
        [("accounts", "001"), ("contacts", "003"), ("leads", "00Q"), ("opportunities", "006"), ("cases", "500")]
    {
        store.open(collection, prefix);
    }
    let owners = ["Jade Park", "Sam Rivera"];
    for (index, customer) in CUSTOMERS.iter().enumerate() {
        let owner = owners[index % owners.len()];
        let account = put(
            store,
            "accounts",
            json!({
                "name": customer.company, "industry": customer.industry, "country": customer.country, "type": "Customer",
                "owner": owner,
            }),
        );
        put(store, "contacts", json!({ "name": customer.name, "email": customer.email, "account": account }));
        put(
            store,
            "opportunities",
            json!({
                "name": format!("{}: spring order", customer.company), "account": account, "owner": owner,
                "stage": STAGES[scatter(index, STAGES.len())], "amount": 2_000 + scatter(index + 40, 60) * 500,
                "close_date": format!("2027-0{}-15", 1 + scatter(index, 6)),
            }),
        );
        if index.is_multiple_of(3) {
            put(
                store,
                "cases",
                json!({
                    "subject": "Tent poles missing", "account": account, "status": if index.is_multiple_of(2) { "Open" } else { "Closed" },
                }),
            );
        }
    }
    let leads = [
        ("Greta Lund", "Nordkap Hikes"),
        ("Pablo Ruiz", "Costa Surf"),
        ("Aisha Khan", "Hunza Treks"),
        ("Ben Cole", "Lakeland Guides"),
    ];
    for (index, (name, company)) in leads.into_iter().enumerate() {
        put(
            store,
            "leads",
            json!({
                "name": name, "company": company, "email": format!("hello{index}@lead.example.com"), "status": "New",
                "source": "Web", "owner": owners[index % owners.len()],
            }),
        );
    }
}
