//! What the look-alike payment service starts with.

use serde_json::json;

use super::people::{CUSTOMERS, scatter};
use super::put;
use crate::store::Store;

const COLLECTIONS: &[(&str, &str)] = &[
    ("customers", "cus"),
    ("products", "prod"),
    ("prices", "price"),
    ("payment_intents", "pi"),
    ("refunds", "re"),
    ("invoices", "in"),
    ("subscriptions", "sub"),
    ("coupons", "coup"),
    ("disputes", "dp"),
    ("payment_links", "plink"),
    ("payouts", "po"),
    ("articles", "doc"),
];

/// Fills an empty store.
pub(super) fn seed(store: &mut Store) {
    for (collection, prefix) in COLLECTIONS {
        store.open(collection, prefix);
    }
    let prices = seed_goods(store);
    for (index, customer) in CUSTOMERS.iter().enumerate() {
        let id = put(store, "customers", json!({ "name": customer.name, "email": customer.email, "currency": "usd" }));
        seed_payments(store, &id, index);
        seed_bills(store, &id, &prices, index);
    }
    for week in 1..=4_usize {
        let amount = 90_000 + scatter(week, 70_000);
        put(
            store,
            "payouts",
            json!({ "amount": amount, "currency": "usd", "date": format!("2026-10-{:02}", week * 7) }),
        );
    }
    for (title, text) in [
        ("Refunding a payment", "A payment can be refunded in parts until nothing is left of it."),
        ("Capturing later", "A reserved payment is captured or canceled within seven days."),
    ] {
        put(store, "articles", json!({ "title": title, "text": text }));
    }
}

fn seed_goods(store: &mut Store) -> Vec<String> {
    let goods = [
        ("Two-person tent", 32_900),
        ("Trail backpack", 14_900),
        ("Touring kayak", 118_000),
        ("Gear club, monthly", 1_900),
    ];
    let mut prices = Vec::new();
    for (name, cents) in goods {
        let product = put(store, "products", json!({ "name": name }));
        let price = json!({ "product": product, "unit_amount": cents, "currency": "usd", "active": true });
        prices.push(put(store, "prices", price));
    }
    put(store, "coupons", json!({ "name": "Autumn sale", "percent_off": 20 }));
    put(store, "coupons", json!({ "name": "Club member", "percent_off": 10 }));
    put(store, "payment_links", json!({ "price": prices[0], "status": "active" }));
    prices
}

fn seed_payments(store: &mut Store, customer: &str, index: usize) {
    for nth in 0..3_usize {
        let number = index * 3 + nth;
        let status = if number % 8 == 7 { "requires_capture" } else { "succeeded" };
        let payment = put(
            store,
            "payment_intents",
            json!({
                "customer": customer, "amount": 1_900 + scatter(number, 300) * 100, "amount_refunded": 0, "currency": "usd",
                "status": status, "description": "Web shop order",
                "created_at": format!("2026-10-{:02}T10:00:00Z", 1 + scatter(number, 28)),
            }),
        );
        if number == 12 {
            let dispute =
                json!({ "payment_intent": payment, "status": "needs_response", "reason": "product_not_received" });
            put(store, "disputes", dispute);
        }
    }
}

fn seed_bills(store: &mut Store, customer: &str, prices: &[String], index: usize) {
    let status = ["draft", "open", "paid"][index % 3];
    put(
        store,
        "invoices",
        json!({
            "customer": customer, "amount_due": 5_000 + scatter(index, 200) * 100, "currency": "usd", "status": status,
        }),
    );
    if index.is_multiple_of(2) {
        let status = if index == 6 { "past_due" } else { "active" };
        put(store, "subscriptions", json!({ "customer": customer, "price": prices[3], "status": status }));
    }
}
