//! Mail domains: who verifies one, who joins or asks by an address there, and who never does.

use std::sync::atomic::Ordering;

use app::invitations::OfferedTeam;
use app::mail_domains::{JoinOffer, MailDomainToOpen, MailDomainView};
use app::sign_in::{Back, SignedIn};
use app::{App, Caller, Problem};
use domain::event;
use domain::id::{OrgId, PersonId};
use identity::oidc::Belief;
use serde_json::{Value, json};

use crate::oidc::{PUBLIC, honest};
use crate::world::{Acme, World, code_of};

const DOMAIN: &str = "corp.example";
const DAY_MS: i64 = 86_400_000;

impl World {
    /// The organization claims a domain, its record is published, and it is verified.
    async fn verified(&self, by: &Caller, name: &str) -> MailDomainView {
        let claimed = self.app.claim_mail_domain(by, name).await.unwrap();
        self.publish(&claimed);
        self.app.verify_mail_domain(by, name).await.unwrap()
    }

    fn publish(&self, claimed: &MailDomainView) {
        let mut records = self.names.records.lock().unwrap();
        records.entry(claimed.record_name.clone()).or_default().push(claimed.record_text.clone());
    }

    fn unpublish(&self) {
        self.names.records.lock().unwrap().clear();
    }

    async fn open(&self, by: &Caller, mode: &str, role: Option<&str>) -> Result<MailDomainView, Problem> {
        let wanted = MailDomainToOpen { mode: mode.to_owned(), role: role.map(str::to_owned), teams: Vec::new() };
        self.app.open_mail_domain(by, DOMAIN, wanted).await
    }

    /// Acme, to which people of its domain come in this way.
    async fn acme_open(&self, mode: &str) -> Acme {
        let acme = self.acme().await;
        self.verified(&acme.owner, DOMAIN).await;
        self.open(&acme.owner, mode, None).await.unwrap();
        acme
    }

    /// Signs in with the provider as somebody of this address.
    async fn comes(&self, subject: &str, email: &str) -> Result<SignedIn, Problem> {
        self.comes_with(&self.app, subject, email, |_| ()).await
    }

    async fn comes_with(
        &self,
        app: &App,
        subject: &str,
        email: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<SignedIn, Problem> {
        let (_, browser) = app.new_browser().unwrap();
        let (_, url) = app.go_to_provider("oidc", PUBLIC, (&browser, None)).await.unwrap();
        let away = crate::oidc::Away::to(url, browser);
        let mut claims = self.claims(&away, subject, email);
        change(&mut claims);
        *self.provider.told.lock().unwrap() = Some(honest(claims));
        let query = format!("state={}&code=c&iss=https%3A%2F%2Fid.acme.example", away.state);
        match app.back_from_provider(&query, PUBLIC, (&away.browser, None)).await? {
            Back::SignedIn(begun) => app.signed_in(begun.token.reveal()).await,
            Back::ToLink(new) => panic!("{new:?}"),
        }
    }

    /// Signs in by a mailed link.
    async fn comes_by_mail(&self, email: &str, mails: usize) -> SignedIn {
        let browser = self.browser();
        self.ask(email, &browser);
        let (_, text) = self.mails(mails).await.remove(mails - 1);
        let begun = self.app.open_mailed_link(crate::email::link(&text), &browser, None).await.unwrap();
        self.app.signed_in(begun.token.reveal()).await.unwrap()
    }

    async fn is_member(&self, signed_in: &SignedIn) -> bool {
        self.app.caller_in(signed_in, "acme").await.is_ok()
    }

    async fn names_of_events(&self, org: OrgId) -> Vec<(String, String)> {
        let stored = self.events(org).await;
        let told = |stored: &journal::StoredEvent| {
            (event::decode(&stored.body).unwrap().name().to_owned(), stored.actor.clone())
        };
        stored.iter().map(told).collect()
    }
}

fn offer(state: &'static str) -> Vec<JoinOffer> {
    vec![JoinOffer { domain: DOMAIN.to_owned(), organization: "Acme".to_owned(), state }]
}

// rows: WJ-7
#[tokio::test]
async fn whoever_signs_in_with_an_address_of_a_verified_domain_joins_where_the_organization_has_it_so() {
    let world = World::new();
    let acme = world.acme().await;
    // Nobody before the domain is verified and open.
    let claimed = world.app.claim_mail_domain(&acme.owner, "Corp.Example.").await.unwrap();
    assert_eq!((claimed.name.as_str(), claimed.state, claimed.mode), (DOMAIN, "claimed", "off"));
    assert_eq!(claimed.record_name, "_wardroom.corp.example");
    assert!(claimed.record_text.starts_with("wardroom-domain=") && claimed.record_text.len() == 36, "{claimed:?}");
    assert_eq!(code_of(world.open(&acme.owner, "automatic", None).await), "domain-not-verified");
    assert_eq!(code_of(world.app.verify_mail_domain(&acme.owner, DOMAIN).await), "record-not-found");
    world.publish(&claimed);
    assert_eq!(world.app.verify_mail_domain(&acme.owner, DOMAIN).await.unwrap().state, "verified");
    assert_eq!(code_of(world.comes("1", "ann@corp.example").await), "unauthenticated");
    let opened = world.open(&acme.owner, "automatic", None).await.unwrap();
    assert_eq!((opened.mode, opened.gets.as_str(), opened.sponsored), ("automatic", "member", true));

    let ann = world.comes("1", "ann@Corp.Example").await.unwrap();
    assert!(world.is_member(&ann).await);
    assert!(world.app.join_offers(&ann).await.unwrap().is_empty(), "who is in is offered nothing");
    let told = world.names_of_events(acme.org).await;
    let joined: Vec<&str> = told.iter().rev().take(2).rev().map(|(name, _)| name.as_str()).collect();
    assert_eq!(joined, ["join.by_domain", "member.added"]);
    assert!(told.last().unwrap().1.starts_with(ann.proof.person.as_str()), "{told:?}");
    // Again they are let in as who they are, and join nothing twice.
    let again = world.comes("1", "ann@corp.example").await.unwrap();
    assert_eq!(again.proof.person, ann.proof.person);
    assert_eq!(world.names_of_events(acme.org).await.len(), told.len());
}

// rows: WJ-7
#[tokio::test]
async fn what_shows_no_address_of_that_very_domain_lets_nobody_join_or_learn_of_the_organization() {
    let world = World::new();
    let acme = world.acme_open("automatic").await;
    let before = world.names_of_events(acme.org).await.len();
    for email in ["a@sub.corp.example", "a@notcorp.example", "a@corp.example.evil.example", "a@example"] {
        assert_eq!(code_of(world.comes("5", email).await), "unauthenticated", "{email}");
    }
    let unverified =
        world.comes_with(&world.app, "6", "a@corp.example", |claims| claims["email_verified"] = json!(false));
    assert_eq!(code_of(unverified.await), "unauthenticated");
    // Google's word is about the company that it hosts under that very domain, and nobody else's.
    *world.provider.belief.lock().unwrap() = Belief::Google;
    let google = world.another_writer();
    assert_eq!(code_of(world.comes_with(&google, "7", "a@corp.example", |_| ()).await), "unauthenticated");
    let other = world.comes_with(&google, "7", "a@corp.example", |claims| claims["hd"] = json!("other.example")).await;
    assert!(google.caller_in(&other.unwrap(), "acme").await.is_err(), "an alias at another company only asks");
    assert_eq!(world.names_of_events(acme.org).await.len(), before);
    let of_corp = world.comes_with(&google, "8", "b@corp.example", |claims| claims["hd"] = json!("corp.example")).await;
    assert!(google.caller_in(&of_corp.unwrap(), "acme").await.is_ok());
    // A provider that is believed about no address.
    *world.provider.belief.lock().unwrap() = Belief::Nothing;
    let nothing = world.another_writer();
    assert_eq!(code_of(world.comes_with(&nothing, "9", "c@corp.example", |_| ()).await), "unauthenticated");
}

// rows: WJ-7
#[tokio::test]
async fn a_mailed_link_lets_nobody_join_by_themselves_and_lets_them_ask() {
    let world = World::new();
    let acme = world.acme_open("automatic").await;
    world.sends();
    let bo = world.comes_by_mail("bo@corp.example", 1).await;
    assert!(!world.is_member(&bo).await);
    assert_eq!(world.app.join_offers(&bo).await.unwrap(), offer("ask"));
    world.app.ask_to_join(&bo, DOMAIN).await.unwrap();
    world.app.ask_to_join(&bo, DOMAIN).await.unwrap();
    assert_eq!(world.app.join_offers(&bo).await.unwrap(), offer("asked"));
    let asked = world.app.list_join_requests(&acme.owner).await.unwrap();
    assert_eq!(asked.len(), 1);
    let one = &asked[0];
    assert_eq!((one.email.as_str(), one.way.as_str(), one.gets.as_str()), ("bo@corp.example", "email", "member"));
    assert_eq!(code_of(world.app.list_join_requests(&acme.member).await), "lacks-permission");
    assert_eq!(code_of(world.app.approve_join(&acme.member, one.person.as_str()).await), "lacks-permission");
    world.app.approve_join(&acme.owner, one.person.as_str()).await.unwrap();
    assert!(world.is_member(&bo).await);
    assert!(world.app.list_join_requests(&acme.owner).await.unwrap().is_empty());
    assert!(world.journal.join_askers(acme.org, vec![bo.proof.person]).await.unwrap().is_empty());
    assert_eq!(code_of(world.app.approve_join(&acme.owner, one.person.as_str()).await), "missing");
}

#[tokio::test]
async fn who_was_declined_does_not_ask_again_until_their_request_would_have_ended() {
    let world = World::new();
    let acme = world.acme_open("request").await;
    let cem = world.comes("3", "cem@corp.example").await.unwrap();
    assert!(!world.is_member(&cem).await);
    world.app.ask_to_join(&cem, DOMAIN).await.unwrap();
    world.app.decline_join(&acme.owner, cem.proof.person.as_str()).await.unwrap();
    assert_eq!(world.app.join_offers(&cem).await.unwrap(), offer("declined"));
    assert_eq!(code_of(world.app.ask_to_join(&cem, DOMAIN).await), "join-declined");
    assert!(world.journal.join_askers(acme.org, vec![cem.proof.person]).await.unwrap().is_empty(), "nothing is kept");
    // Nor does signing in where that were enough.
    world.open(&acme.owner, "automatic", None).await.unwrap();
    assert!(!world.is_member(&world.comes("3", "cem@corp.example").await.unwrap()).await);
    world.clock.advance_ms(30 * DAY_MS);
    let cem = world.comes("3", "cem@corp.example").await.unwrap();
    assert!(world.is_member(&cem).await);
}

#[tokio::test]
async fn to_suggest_tells_the_name_to_those_of_the_domain_and_lets_nobody_ask() {
    let world = World::new();
    let acme = world.acme_open("suggest").await;
    let ann = world.comes("1", "ann@corp.example").await.unwrap();
    assert_eq!(world.app.join_offers(&ann).await.unwrap(), offer("invitation"));
    assert_eq!(code_of(world.app.ask_to_join(&ann, DOMAIN).await), "not-found");
    // Whoever came by something else is offered nothing, and learns nothing by asking.
    let (_, browser) = world.app.new_browser().unwrap();
    let link = world.app.make_link(crate::world::MEMBER).await.unwrap();
    let begun = world.app.open_link(link.reveal(), &browser, None).await.unwrap();
    let mona = world.app.signed_in(begun.token.reveal()).await.unwrap();
    assert!(world.app.join_offers(&mona).await.unwrap().is_empty());
    for domain in [DOMAIN, "unheard.example", "gmail.com", "x"] {
        assert_eq!(code_of(world.app.ask_to_join(&mona, domain).await), "not-found", "{domain}");
    }
    // Closed, it is as if it were not there.
    world.open(&acme.owner, "off", None).await.unwrap();
    assert!(world.app.join_offers(&ann).await.unwrap().is_empty());
    assert_eq!(code_of(world.comes("2", "bo@corp.example").await), "unauthenticated");
}

// rows: WJ-7
#[tokio::test]
async fn nobody_who_was_removed_or_suspended_comes_back_by_signing_in() {
    let world = World::new();
    let acme = world.acme_open("automatic").await;
    let [ann, bo] = [world.comes("1", "ann@corp.example").await, world.comes("2", "bo@corp.example").await];
    let (ann, bo) = (ann.unwrap(), bo.unwrap());
    world.app.remove_member(&acme.owner, ann.proof.person.as_str()).await.unwrap();
    world.app.suspend_member(&acme.owner, bo.proof.person.as_str()).await.unwrap();
    world.clock.advance_ms(1);
    let ann = world.comes("1", "ann@corp.example").await.unwrap();
    assert!(!world.is_member(&ann).await);
    assert!(!world.is_member(&world.comes("2", "bo@corp.example").await.unwrap()).await);
    // Whoever was removed may ask, and those who decide see that they were here.
    assert_eq!(world.app.join_offers(&ann).await.unwrap(), offer("ask"));
    world.app.ask_to_join(&ann, DOMAIN).await.unwrap();
    assert!(world.app.list_join_requests(&acme.owner).await.unwrap()[0].was_member);
    world.app.approve_join(&acme.owner, ann.proof.person.as_str()).await.unwrap();
    assert!(world.is_member(&ann).await);
}

// rows: WJ-7
#[tokio::test]
async fn that_people_join_by_themselves_rests_on_the_rights_of_whoever_opened_the_domain() {
    let world = World::new();
    let acme = world.acme().await;
    world.verified(&acme.owner, DOMAIN).await;
    assert_eq!(code_of(world.app.list_mail_domains(&acme.member).await), "lacks-permission");
    assert_eq!(code_of(world.open(&acme.member, "automatic", None).await), "lacks-permission");
    assert_eq!(code_of(world.open(&acme.owner, "automatic", Some("admin")).await), "role-manages");
    assert_eq!(code_of(world.open(&acme.owner, "automatic", Some("owner")).await), "top-role");
    assert_eq!(code_of(world.open(&acme.owner, "never", None).await), "mode");
    // In this preset admins do not change security settings.
    let admin = acme.admin.actor.subject.person().unwrap();
    world.app.change_member_role(&acme.owner, admin.as_str(), "owner").await.unwrap();
    world.open(&acme.admin, "automatic", None).await.unwrap();
    assert!(world.is_member(&world.comes("1", "ann@corp.example").await.unwrap()).await);
    world.app.change_member_role(&acme.owner, admin.as_str(), "member").await.unwrap();
    let bo = world.comes("2", "bo@corp.example").await.unwrap();
    assert!(!world.is_member(&bo).await, "whoever opened it could not let them in any more");
    let view = world.app.list_mail_domains(&acme.owner).await.unwrap();
    assert!(!view[0].sponsored, "{view:?}");
    assert_eq!(world.app.join_offers(&bo).await.unwrap(), offer("ask"), "they may ask whoever can");
    // Whoever opens it once more takes its place.
    world.open(&acme.owner, "automatic", None).await.unwrap();
    assert!(world.is_member(&world.comes("2", "bo@corp.example").await.unwrap()).await);
}

// rows: WJ-7
#[tokio::test]
async fn a_domain_is_verified_by_one_organization_at_a_time_and_goes_to_another_with_its_record() {
    let world = World::new();
    let acme = world.acme_open("automatic").await;
    let rival = world.found("Rival", "riva@rival.example").await.unwrap();
    let rival = world.caller(rival.key.reveal()).await;
    for public in ["gmail.com", "Outlook.com", "example", "192.0.2.1", "b\u{fc}cher.example"] {
        assert_eq!(code_of(world.app.claim_mail_domain(&rival, public).await), "name", "{public}");
    }
    // That it is claimed keeps nobody from claiming it, and its record alone shows nothing of whose it is.
    let theirs = world.app.claim_mail_domain(&rival, DOMAIN).await.unwrap();
    assert_eq!(code_of(world.app.verify_mail_domain(&rival, DOMAIN).await), "record-not-found");
    world.publish(&theirs);
    assert_eq!(code_of(world.app.verify_mail_domain(&rival, DOMAIN).await), "domain-held");
    assert!(world.is_member(&world.comes("1", "ann@corp.example").await.unwrap()).await);
    // The domain has changed hands, and the record of the first is gone.
    world.unpublish();
    world.publish(&theirs);
    world.app.verify_mail_domain(&rival, DOMAIN).await.unwrap();
    let view = world.app.list_mail_domains(&acme.owner).await.unwrap();
    assert_eq!((view[0].state, view[0].mode), ("lapsed", "automatic"));
    assert!(
        world.names_of_events(acme.org).await.iter().any(|told| *told == ("mail_domain.lapsed".into(), "dns".into()))
    );
    assert_eq!(code_of(world.comes("2", "bo@corp.example").await), "unauthenticated");
    assert_eq!(code_of(world.app.verify_mail_domain(&acme.owner, DOMAIN).await), "record-not-found");
    // What is let go of is free.
    world.app.remove_mail_domain(&rival, DOMAIN).await.unwrap();
    world.unpublish();
    world.publish(&view[0]);
    world.app.verify_mail_domain(&acme.owner, DOMAIN).await.unwrap();
    assert!(world.is_member(&world.comes("2", "bo@corp.example").await.unwrap()).await);
}

// rows: WJ-7
#[tokio::test]
async fn a_record_that_is_gone_lets_nobody_in_after_a_day_and_a_silent_dns_changes_nothing() {
    let world = World::new();
    let acme = world.acme_open("automatic").await;
    let asked = || world.names.asked.load(Ordering::SeqCst);
    let before = asked();
    world.comes("1", "ann@corp.example").await.unwrap();
    assert_eq!(asked(), before, "it was looked at just now");
    world.clock.advance_ms(DAY_MS);
    *world.names.silent.lock().unwrap() = true;
    assert!(world.is_member(&world.comes("2", "bo@corp.example").await.unwrap()).await);
    *world.names.silent.lock().unwrap() = false;
    assert!(world.is_member(&world.comes("3", "cem@corp.example").await.unwrap()).await);
    let seen = asked();
    world.unpublish();
    assert!(world.is_member(&world.comes("4", "dot@corp.example").await.unwrap()).await, "seen less than a day ago");
    assert_eq!(asked(), seen);
    world.clock.advance_ms(DAY_MS);
    assert!(!world.is_member(&world.comes("5", "eve@corp.example").await.unwrap()).await);
    assert_eq!(world.app.list_mail_domains(&acme.owner).await.unwrap()[0].state, "lapsed");
    let advice = world.app.advice(&acme.owner).await.unwrap();
    assert!(advice.iter().any(|finding| finding.code == "mail-domain-lapsed" && finding.about[0].name == DOMAIN));
    assert_eq!(code_of(world.comes("6", "fay@corp.example").await), "unauthenticated");
}

#[tokio::test]
async fn of_two_who_sign_in_at_once_with_the_same_address_one_becomes_somebody_who_joins_once() {
    let world = World::new();
    let acme = world.acme_open("automatic").await;
    world.sends();
    let browser = world.browser();
    world.ask("ann@corp.example", &browser);
    let (_, text) = world.mails(1).await.remove(0);
    let away = world.go(None).await;
    let by_provider = world.back(&away, honest(world.claims(&away, "1", "ann@corp.example")));
    let by_mail = world.app.open_mailed_link(crate::email::link(&text), &browser, None);
    let (by_provider, by_mail) = tokio::join!(by_provider, by_mail);
    let mut people = Vec::new();
    for begun in [by_provider, by_mail].into_iter().flatten() {
        people.push(world.app.signed_in(begun.token.reveal()).await.unwrap().proof.person);
    }
    assert_eq!(people.len(), 1, "the address leads to one of them alone");
    let known = world.journal.person_by_email("ann@corp.example").await.unwrap().unwrap();
    assert_eq!(known.id, people[0]);
    let joined = world.names_of_events(acme.org).await.into_iter().filter(|(name, _)| name == "join.by_domain").count();
    assert!(joined <= 1, "{joined}");
}

#[tokio::test]
async fn whoever_is_approved_gets_what_the_approver_could_give() {
    let world = World::new();
    let acme = world.acme().await;
    world.verified(&acme.owner, DOMAIN).await;
    world.open(&acme.owner, "request", Some("admin")).await.unwrap();
    let ann = world.comes("1", "ann@corp.example").await.unwrap();
    world.app.ask_to_join(&ann, DOMAIN).await.unwrap();
    let person: PersonId = ann.proof.person;
    assert_eq!(world.app.list_join_requests(&acme.admin).await.unwrap()[0].gets, "admin");
    // In this preset admins add members, and promote nobody.
    assert_eq!(code_of(world.app.approve_join(&acme.admin, person.as_str()).await), "only-owners");
    assert!(!world.is_member(&ann).await);
    world.app.approve_join(&acme.owner, person.as_str()).await.unwrap();
    assert!(world.is_member(&ann).await);
    let teams = vec![OfferedTeam { team: "nowhere".to_owned(), role: None }];
    let wanted = MailDomainToOpen { mode: "request".to_owned(), role: None, teams };
    assert_eq!(code_of(world.app.open_mail_domain(&acme.owner, DOMAIN, wanted).await), "missing");
}
