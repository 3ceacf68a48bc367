//! The demo company as data: who works there, in which role, and with which integrations.
//!
//! One person for each way of using the product: an owner and an admin who may use everything, three members with the
//! least that their job needs, and a bot with a key of its own. Start reading at [`COMPANY`].

/// The company.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    /// Its name.
    pub name: &'static str,
    /// Its name in URLs.
    pub slug: &'static str,
    /// The people; the first is the owner, the second the admin who assigns.
    pub people: &'static [Person],
    /// The bots, each with a workspace key.
    pub bots: &'static [Bot],
}

/// Somebody who works there.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The full name.
    pub name: &'static str,
    /// The e-mail address, under a reserved domain.
    pub email: &'static str,
    /// The job.
    pub title: &'static str,
    /// The role: `owner`, `admin` or `member`.
    pub role: &'static str,
    /// What is assigned; owners and admins need nothing, since they may use all.
    pub assigned: &'static [Assignment],
}

/// A program that works for the whole company.
#[derive(Clone, Copy, Debug)]
pub struct Bot {
    /// What it is called.
    pub name: &'static str,
    /// All that its key reaches.
    pub assigned: &'static [Assignment],
}

/// An integration and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// The short name of the integration.
    pub integration: &'static str,
    /// The tool profile: `read-only`, `no-delete` or `full`.
    pub profile: &'static str,
}

const fn assigned(integration: &'static str, profile: &'static str) -> Assignment {
    Assignment { integration, profile }
}

/// Northfell Outfitters, who sell tents and kayaks.
pub const COMPANY: Company = Company {
    name: "Northfell Outfitters",
    slug: "northfell",
    people: &[
        Person {
            name: "Ada Lindqvist",
            email: "ada@northfell.example.com",
            title: "Owner",
            role: "owner",
            assigned: &[],
        },
        Person {
            name: "Ben Okafor",
            email: "ben@northfell.example.com",
            title: "Head of Operations",
            role: "admin",
            assigned: &[],
        },
        Person {
            name: "Jade Park",
            email: "jade@northfell.example.com",
            title: "Sales Representative",
            role: "member",
            assigned: &[assigned("salesforce", "full"), assigned("sendgrid", "no-delete")],
        },
        Person {
            name: "Miro Novak",
            email: "miro@northfell.example.com",
            title: "Marketing Analyst",
            role: "member",
            assigned: &[assigned("google-analytics", "read-only"), assigned("google-ads", "read-only")],
        },
        Person {
            name: "Fiona Castell",
            email: "fiona@northfell.example.com",
            title: "Finance Manager",
            role: "member",
            assigned: &[assigned("stripe", "no-delete")],
        },
    ],
    bots: &[Bot {
        name: "Support bot",
        assigned: &[assigned("salesforce", "read-only"), assigned("outlook", "no-delete")],
    }],
};

/// Tools that the admin leaves unreviewed, so that a visitor finds something to decide. Each really deletes, which is
/// how an unreviewed tool counts, so nobody's access depends on it.
pub(crate) const LEFT_FOR_REVIEW: &[(&str, &str)] =
    &[("stripe", "process_batch"), ("stripe", "delete_coupon"), ("outlook", "empty_folder")];

impl Company {
    /// What somebody of this name may use, in plain words.
    #[must_use]
    pub fn may_use(&self, name: &str) -> String {
        let of_person = self.people.iter().find(|person| person.name == name).map(|person| person.assigned);
        let of_bot = self.bots.iter().find(|bot| bot.name == name).map(|bot| bot.assigned);
        match of_person.or(of_bot) {
            None | Some([]) => "everything".to_owned(),
            Some(assigned) => {
                let words: Vec<String> =
                    assigned.iter().map(|one| format!("{} {}", one.integration, one.profile)).collect();
                words.join(", ")
            }
        }
    }
}
