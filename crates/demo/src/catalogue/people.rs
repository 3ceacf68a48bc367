//! Invented people and companies that the seeds share, so that a customer in one integration is a contact in another.

/// A customer: name, e-mail address, company, country.
pub(super) struct Customer {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) company: &'static str,
    pub(super) industry: &'static str,
    pub(super) country: &'static str,
}

const fn customer(
    name: &'static str,
    email: &'static str,
    company: &'static str,
    industry: &'static str,
    country: &'static str,
) -> Customer {
    Customer { name, email, company, industry, country }
}

/// The customers of the demo company.
pub(super) const CUSTOMERS: &[Customer] = &[
    customer("Liv Andersen", "liv@fjordline.example.com", "Fjordline Cabins", "Hospitality", "NO"),
    customer("Marcus Webb", "marcus@pinecrest.example.com", "Pinecrest Camps", "Recreation", "US"),
    customer("Ines Carvalho", "ines@serraverde.example.com", "Serra Verde Tours", "Travel", "PT"),
    customer("Tomasz Lis", "tomasz@skalnik.example.com", "Skalnik Climbing", "Sports", "PL"),
    customer("Amara Obi", "amara@lagoonclub.example.com", "Lagoon Paddle Club", "Sports", "NG"),
    customer("Jonas Keller", "jonas@alpenhof.example.com", "Alpenhof Lodge", "Hospitality", "CH"),
    customer("Mei Tanaka", "mei@kumotrail.example.com", "Kumo Trail Guides", "Travel", "JP"),
    customer("Rosa Delgado", "rosa@mesetabikes.example.com", "Meseta Bikes", "Retail", "ES"),
    customer("Owen Pryce", "owen@brecon.example.com", "Brecon Kayak Hire", "Recreation", "GB"),
    customer("Hanna Virtanen", "hanna@saimaa.example.com", "Saimaa Canoe", "Recreation", "FI"),
    customer("Luca Moretti", "luca@dolomitica.example.com", "Dolomitica Ski School", "Sports", "IT"),
    customer("Priya Raman", "priya@nilgiri.example.com", "Nilgiri Treks", "Travel", "IN"),
    customer("Caleb Stone", "caleb@redmesa.example.com", "Red Mesa Rafting", "Recreation", "US"),
    customer("Elif Demir", "elif@likyayolu.example.com", "Likya Walking", "Travel", "TR"),
    customer("Noah Fraser", "noah@cairngear.example.com", "Cairn Gear Rental", "Retail", "GB"),
    customer("Sofie Maes", "sofie@ardenne.example.com", "Ardenne Adventure", "Recreation", "BE"),
];

/// A whole number in `0..bound` that looks random and is the same on every start.
pub(super) fn scatter(seed: usize, bound: usize) -> usize {
    // One step of a linear congruential generator, folded once, is enough variety for example figures.
    let mixed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (mixed >> 33) % bound.max(1)
}
