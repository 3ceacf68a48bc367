//! The look-alike of a payment service: customers, payments, refunds, invoices, subscriptions.
//!
//! Amounts are whole cents.

use super::Vendor;
use super::stripe_seed::seed;
use crate::tool::{Act, Kind, LIMIT, NOTE, OFFSET, Param, QUERY, Special, Step, Tool, key, may, must, tool};

/// Stripe, 50 tools.
pub(super) const VENDOR: Vendor = Vendor {
    slug: "stripe",
    title: "Stripe",
    purpose: "Payments, refunds, invoices and subscriptions",
    tools: TOOLS,
    seed,
};

const CENTS: Kind = Kind::Whole(1, 100_000_000);
const CUSTOMER: Param = key("customer", "The id of the customer, such as cus_001001.");
const OF_CUSTOMER: Param = may("customer", Kind::Ref("customers"), "Only those of this customer.");
const PRODUCT: Param = key("product", "The id of the product.");
const PAYMENT: Param = key("payment_intent", "The id of the payment, such as pi_001001.");
const INVOICE: Param = key("invoice", "The id of the invoice.");
const SUBSCRIPTION: Param = key("subscription", "The id of the subscription.");
const DISPUTE: Param = key("dispute", "The id of the dispute.");
const PAYMENT_STATE: Param = may(
    "status",
    Kind::OneOf(&["succeeded", "requires_capture", "canceled", "refunded"]),
    "Only payments in this state.",
);

const TOOLS: &[Tool] = &[
    tool(Act::List("customers"), "list_customers", "List customers", "Lists customers, oldest first.")
        .takes(&[may("email", Kind::Email, "Only the one with this address."), LIMIT, OFFSET, NOTE])
        .typed(),
    tool(
        Act::Search("customers"),
        "search_customers",
        "Search customers",
        "Finds customers by words in name or address.",
    )
    .takes(&[QUERY, LIMIT, OFFSET]),
    tool(Act::Get("customers"), "retrieve_customer", "Retrieve customer", "Reads one customer.").takes(&[CUSTOMER]),
    tool(Act::Create("customers", &[("currency", "usd")]), "create_customer", "Create customer", "Adds a customer.")
        .takes(&[must("name", Kind::Text, "The name."), may("email", Kind::Email, "The e-mail address."), NOTE])
        .typed(),
    tool(Act::Update("customers"), "update_customer", "Update customer", "Changes the given fields of a customer.")
        .takes(&[
            CUSTOMER,
            may("name", Kind::Text, "The new name."),
            may("email", Kind::Email, "The new e-mail address."),
        ]),
    tool(Act::Delete("customers"), "delete_customer", "Delete customer", "Deletes a customer for good.")
        .takes(&[CUSTOMER, NOTE])
        .typed(),
    tool(Act::List("products"), "list_products", "List products", "Lists what is sold.").takes(&[LIMIT, OFFSET]),
    tool(Act::Get("products"), "retrieve_product", "Retrieve product", "Reads one product.").takes(&[PRODUCT]),
    tool(Act::Create("products", &[]), "create_product", "Create product", "Adds something to sell.")
        .takes(&[must("name", Kind::Text, "What it is called."), may("description", Kind::Text, "What it is.")]),
    tool(Act::Update("products"), "update_product", "Update product", "Changes the given fields of a product.").takes(
        &[PRODUCT, may("name", Kind::Text, "The new name."), may("description", Kind::Text, "The new description.")],
    ),
    tool(Act::Delete("products"), "delete_product", "Delete product", "Deletes a product for good.").takes(&[PRODUCT]),
    tool(Act::List("prices"), "list_prices", "List prices", "Lists what products cost.").takes(&[
        may("product", Kind::Ref("products"), "Only those of this product."),
        LIMIT,
        OFFSET,
    ]),
    tool(Act::Create("prices", &[("currency", "usd")]), "create_price", "Create price", "Adds a price to a product.")
        .takes(&[
            must("product", Kind::Ref("products"), "The product."),
            must("unit_amount", CENTS, "The price in cents."),
        ]),
    tool(Act::Update("prices"), "update_price", "Update price", "Switches a price on or off.")
        .takes(&[key("price", "The id of the price."), must("active", Kind::Flag, "Whether it can be used.")]),
    tool(Act::List("payment_intents"), "list_payment_intents", "List payments", "Lists payments, oldest first.")
        .takes(&[OF_CUSTOMER, PAYMENT_STATE, LIMIT, OFFSET])
        .typed(),
    tool(
        Act::Get("payment_intents"),
        "retrieve_payment_intent",
        "Retrieve payment",
        "Reads one payment and what was refunded of it.",
    )
    .takes(&[PAYMENT]),
    tool(Act::Search("payment_intents"), "search_payment_intents", "Search payments", "Finds payments by words.")
        .takes(&[QUERY, LIMIT, OFFSET]),
    tool(
        Act::Update("payment_intents"),
        "update_payment_intent",
        "Update payment",
        "Changes the description of a payment.",
    )
    .takes(&[PAYMENT, must("description", Kind::Text, "The new description.")]),
    tool(
        Act::Move("payment_intents", Step { from: &["requires_capture"], to: "succeeded" }),
        "capture_payment_intent",
        "Capture payment",
        "Takes money that was only reserved.",
    )
    .takes(&[PAYMENT]),
    tool(
        Act::Move("payment_intents", Step { from: &["requires_capture"], to: "canceled" }),
        "cancel_payment_intent",
        "Cancel payment",
        "Gives up a payment that was only reserved; this cannot be undone.",
    )
    .takes(&[PAYMENT])
    .ends(),
    tool(
        Act::Special(Special::Refund),
        "create_refund",
        "Create refund",
        "Gives money of a payment back, all that is left unless an amount is given.",
    )
    .takes(&[
        must("payment_intent", Kind::Ref("payment_intents"), "The id of the payment."),
        may("amount", CENTS, "How much, in cents."),
        may("reason", Kind::OneOf(&["duplicate", "fraudulent", "requested_by_customer"]), "Why."),
        NOTE,
    ])
    .typed(),
    tool(Act::List("refunds"), "list_refunds", "List refunds", "Lists refunds, oldest first.").takes(&[
        may("payment_intent", Kind::Ref("payment_intents"), "Only those of this payment."),
        LIMIT,
        OFFSET,
    ]),
    tool(Act::Get("refunds"), "retrieve_refund", "Retrieve refund", "Reads one refund.")
        .takes(&[key("refund", "The id of the refund.")]),
    tool(Act::Update("refunds"), "update_refund", "Update refund", "Changes the reason noted on a refund.")
        .takes(&[key("refund", "The id of the refund."), must("reason", Kind::Text, "The new reason.")]),
    tool(Act::List("invoices"), "list_invoices", "List invoices", "Lists invoices, oldest first.").takes(&[
        OF_CUSTOMER,
        may("status", Kind::OneOf(&["draft", "open", "paid", "void"]), "Only invoices in this state."),
        LIMIT,
        OFFSET,
    ]),
    tool(Act::Get("invoices"), "retrieve_invoice", "Retrieve invoice", "Reads one invoice.").takes(&[INVOICE]),
    tool(Act::Create("invoices", &[("status", "draft")]), "create_invoice", "Create invoice", "Drafts an invoice.")
        .takes(&[
            must("customer", Kind::Ref("customers"), "Who shall pay."),
            must("amount_due", CENTS, "How much, in cents."),
            may("description", Kind::Text, "What for."),
        ]),
    tool(
        Act::Update("invoices"),
        "update_invoice",
        "Update invoice",
        "Changes the description or amount of an invoice.",
    )
    .takes(&[
        INVOICE,
        may("description", Kind::Text, "What for."),
        may("amount_due", CENTS, "How much, in cents."),
    ]),
    tool(
        Act::Move("invoices", Step { from: &["draft"], to: "open" }),
        "finalize_invoice",
        "Finalize invoice",
        "Makes a draft an invoice that can be paid.",
    )
    .takes(&[INVOICE]),
    tool(Act::Special(Special::PayInvoice), "pay_invoice", "Pay invoice", "Charges the customer for an open invoice.")
        .takes(&[INVOICE]),
    tool(
        Act::Move("invoices", Step { from: &["open"], to: "void" }),
        "void_invoice",
        "Void invoice",
        "Declares an open invoice void; this cannot be undone.",
    )
    .takes(&[INVOICE])
    .ends(),
    tool(Act::Delete("invoices"), "delete_draft_invoice", "Delete draft invoice", "Deletes a draft for good.")
        .takes(&[INVOICE]),
    tool(Act::List("subscriptions"), "list_subscriptions", "List subscriptions", "Lists subscriptions, oldest first.")
        .takes(&[
            OF_CUSTOMER,
            may("status", Kind::OneOf(&["active", "past_due", "canceled"]), "Only subscriptions in this state."),
            LIMIT,
            OFFSET,
        ]),
    tool(Act::Get("subscriptions"), "retrieve_subscription", "Retrieve subscription", "Reads one subscription.")
        .takes(&[SUBSCRIPTION]),
    tool(
        Act::Create("subscriptions", &[("status", "active")]),
        "create_subscription",
        "Create subscription",
        "Starts a subscription.",
    )
    .takes(&[must("customer", Kind::Ref("customers"), "Who pays."), must("price", Kind::Ref("prices"), "The price.")]),
    tool(
        Act::Update("subscriptions"),
        "update_subscription",
        "Update subscription",
        "Changes the price of a subscription.",
    )
    .takes(&[SUBSCRIPTION, must("price", Kind::Ref("prices"), "The new price.")]),
    tool(
        Act::Move("subscriptions", Step { from: &["active", "past_due"], to: "canceled" }),
        "cancel_subscription",
        "Cancel subscription",
        "Ends a subscription at once; this cannot be undone.",
    )
    .takes(&[SUBSCRIPTION, NOTE])
    .ends(),
    tool(Act::List("coupons"), "list_coupons", "List coupons", "Lists discounts.").takes(&[LIMIT, OFFSET]),
    tool(Act::Create("coupons", &[]), "create_coupon", "Create coupon", "Adds a discount.").takes(&[
        must("name", Kind::Text, "What it is called."),
        must("percent_off", Kind::Whole(1, 100), "How much off, in percent."),
    ]),
    // The name tells the truth and the annotation does not.
    tool(Act::Delete("coupons"), "delete_coupon", "Delete coupon", "Deletes a discount for good.")
        .takes(&[key("coupon", "The id of the coupon.")])
        .claims_to_look(),
    tool(Act::List("disputes"), "list_disputes", "List disputes", "Lists payments that a customer contests.")
        .takes(&[LIMIT, OFFSET]),
    tool(Act::Get("disputes"), "retrieve_dispute", "Retrieve dispute", "Reads one dispute.").takes(&[DISPUTE]),
    tool(Act::Update("disputes"), "update_dispute", "Update dispute", "Adds evidence to a dispute.")
        .takes(&[DISPUTE, must("evidence", Kind::Text, "The evidence.")]),
    tool(
        Act::Move("disputes", Step { from: &["needs_response"], to: "lost" }),
        "close_dispute",
        "Close dispute",
        "Accepts that a dispute is lost; this cannot be undone.",
    )
    .takes(&[DISPUTE])
    .ends(),
    tool(
        Act::List("payment_links"),
        "list_payment_links",
        "List payment links",
        "Lists links that customers can pay by.",
    )
    .takes(&[LIMIT, OFFSET]),
    tool(
        Act::Create("payment_links", &[("status", "active")]),
        "create_payment_link",
        "Create payment link",
        "Makes a link that customers can pay by.",
    )
    .takes(&[must("price", Kind::Ref("prices"), "The price.")]),
    tool(
        Act::Special(Special::Balance),
        "retrieve_balance",
        "Retrieve balance",
        "Adds up what was taken, refunded and is left, in cents.",
    )
    .takes(&[NOTE])
    .looks()
    .typed(),
    tool(Act::List("payouts"), "list_payouts", "List payouts", "Lists transfers to our bank account.")
        .takes(&[LIMIT, OFFSET]),
    tool(Act::Search("articles"), "search_documentation", "Search documentation", "Finds articles of the manual.")
        .takes(&[QUERY, LIMIT])
        .unannotated(),
    // It captures or cancels, as the arguments say, and nothing about it tells which: left for a person to judge.
    tool(
        Act::Special(Special::ProcessBatch),
        "process_batch",
        "Process batch",
        "Captures or cancels several reserved payments at once.",
    )
    .takes(&[
        must("operation", Kind::OneOf(&["capture", "cancel"]), "What to do with them."),
        must("payment_intents", Kind::Texts, "The ids of the payments."),
    ])
    .ends()
    .unannotated(),
];
