//! Signing in by mail: who is sent a link, in which browser it opens, how often, and what becomes of mail that is not
//! taken.

use std::time::Duration;

use app::ports::MailFault;
use app::sign_in::Browser;
use domain::id::{IdentityId, PersonId};
use domain::time::Timestamp;
use journal::{Append, Fact, IdentityRow, StreamId};

use crate::world::{ADMIN, MEMBER, OWNER, World, code_of};

const HOUR_MS: i64 = 3_600_000;
const STRANGER: &str = "stranger@elsewhere.example";

impl World {
    pub(crate) fn ask(&self, address: &str, browser: &Browser) {
        self.app.ask_by_mail(address, browser, "https://gate.acme.example").unwrap();
    }

    pub(crate) fn browser(&self) -> Browser {
        self.app.new_browser().unwrap().1
    }

    /// The mails taken so far, once there are so many.
    pub(crate) async fn mails(&self, count: usize) -> Vec<(String, String)> {
        let many = async {
            while self.mailer.taken.lock().unwrap().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), many).await.expect("the mail is sent");
        self.mailer.taken.lock().unwrap().clone()
    }

    /// The texts of those with a link to sign in that went to an address, once there are so many.
    pub(crate) async fn links_mailed_to(&self, address: &str, count: usize) -> Vec<String> {
        let links = || {
            let taken = self.mailer.taken.lock().unwrap().clone();
            let wanted = |(to, text): &(String, String)| to == address && text.contains("/sign-in/mail/");
            taken.into_iter().filter(wanted).map(|(_, text)| text).collect::<Vec<_>>()
        };
        let many = async {
            while links().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), many).await.expect("the mail is sent");
        links()
    }

    pub(crate) fn sends(&self) {
        tokio::spawn(self.app.clone().keep_sending());
    }
}

/// The link's token in a mail.
pub(crate) fn link(text: &str) -> &str {
    text.split("/sign-in/mail/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link")
}

#[tokio::test]
async fn whoever_receives_the_mail_signs_in_once_in_the_browser_that_asked() {
    let world = World::new();
    let acme = world.acme().await;
    world.sends();
    let (here, elsewhere) = (world.browser(), world.browser());
    world.ask("Mona.Gneiss@ACME.example", &here);
    let (to, text) = world.mails(1).await.remove(0);
    assert_eq!(to, "Mona.Gneiss@ACME.example");
    assert!(text.contains("Mona Gneiss") && text.contains("https://gate.acme.example/sign-in/mail/"), "{text}");
    let link = link(&text);
    for _ in 0..2 {
        let seen = world.app.look_at_mailed_link(link, &elsewhere).await;
        assert!(seen.unwrap_err().to_string().contains("in the browser in which you asked"));
        assert_eq!(code_of(world.app.open_mailed_link(link, &elsewhere, None).await), "missing");
        assert_eq!(world.app.look_at_mailed_link(link, &here).await.unwrap(), to);
    }
    let begun = world.app.open_mailed_link(link, &here, None).await.unwrap();
    let signed_in = world.app.signed_in(begun.token.reveal()).await.unwrap();
    assert_eq!(signed_in.proof.person, acme.member_id);
    assert_eq!(world.app.sessions(&signed_in).await.unwrap()[0].way, "email");
    assert_eq!(code_of(world.app.open_mailed_link(link, &here, None).await), "missing", "it is good once");
    let theirs = world.journal.identities_of(acme.member_id).await.unwrap();
    assert_eq!(theirs.iter().map(|row| row.shown.as_str()).collect::<Vec<_>>(), ["Mona.Gneiss@ACME.example"]);
    // The next time the address is theirs already.
    world.ask(MEMBER, &here);
    let (_, text) = world.mails(2).await.remove(1);
    world.app.open_mailed_link(self::link(&text), &here, Some(&signed_in)).await.unwrap();
    assert_eq!(world.journal.identities_of(acme.member_id).await.unwrap().len(), 1);
    assert_eq!(code_of(world.app.signed_in(begun.token.reveal()).await), "unauthenticated", "the one before ended");
}

#[tokio::test]
async fn a_mailed_link_is_over_after_a_quarter_of_an_hour_and_so_is_the_mail_itself() {
    let world = World::new();
    world.acme().await;
    let here = world.browser();
    world.mailer.faults.lock().unwrap().push(MailFault { is_lasting: false, message: "451 later".to_owned() });
    world.sends();
    world.ask(ADMIN, &here);
    while !world.mailer.faults.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    world.clock.advance_ms(HOUR_MS / 4);
    world.ask(MEMBER, &here);
    let mails = world.mails(1).await;
    assert_eq!(mails[0].0, MEMBER, "what nobody has any use for is not sent");
    world.clock.advance_ms(HOUR_MS / 4);
    assert_eq!(code_of(world.app.open_mailed_link(link(&mails[0].1), &here, None).await), "missing");
}

#[tokio::test]
async fn nobody_is_sent_a_link_who_is_unknown_or_signs_in_in_another_way() {
    let world = World::new();
    let acme = world.acme().await;
    world.sends();
    let row = IdentityRow {
        provider: "https://id.example".to_owned(),
        digest: [7; 32],
        identity: IdentityId::from_random([7; 20]),
        person: acme.member_id,
        shown: MEMBER.to_owned(),
        linked_at: Timestamp(0),
    };
    write(&world, acme.member_id, Fact::Identity(Box::new(row))).await;
    let browser = world.browser();
    for address in [STRANGER, MEMBER, OWNER] {
        world.ask(address, &browser);
    }
    let mails = world.mails(1).await;
    assert_eq!(mails.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), [OWNER]);
    // Whoever comes to sign in in another way after the mail does so from then on.
    let row = IdentityRow {
        provider: "https://id.example".to_owned(),
        digest: [8; 32],
        identity: IdentityId::from_random([8; 20]),
        person: acme.owner.actor.subject.person().unwrap(),
        shown: OWNER.to_owned(),
        linked_at: Timestamp(0),
    };
    write(&world, row.person, Fact::Identity(Box::new(row))).await;
    assert_eq!(code_of(world.app.open_mailed_link(link(&mails[0].1), &browser, None).await), "missing");
    assert_eq!(code_of(world.app.ask_by_mail("no address", &browser, "")), "email");
}

async fn write(world: &World, person: PersonId, fact: Fact) {
    let append = Append {
        stream: StreamId::Directory,
        expected: world.journal.head(StreamId::Directory).await.unwrap(),
        at: Timestamp(0),
        actor: person.to_string(),
        events: Vec::new(),
        facts: vec![fact],
    };
    world.journal.append(vec![append]).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_requests_ends_at_five_an_hour_and_never_keeps_those_out_who_were_in() {
    let world = World::new();
    world.acme().await;
    world.sends();
    let own = world.browser();
    world.ask(MEMBER, &own);
    let (_, text) = world.mails(1).await.remove(0);
    world.app.open_mailed_link(link(&text), &own, None).await.unwrap();
    for _ in 0..20 {
        world.ask(MEMBER, &world.browser());
    }
    world.ask(MEMBER, &own);
    world.ask(ADMIN, &world.browser());
    let count = async || {
        let mails = world.mails(7).await;
        let (to_own, others) = mails.iter().partition::<Vec<_>, _>(|(to, _)| to == MEMBER);
        (to_own.len(), others.len())
    };
    // One before the flood, four of the flood's until five, one for the browser that is known, and somebody else's.
    assert_eq!(count().await, (6, 1));
    world.clock.advance_ms(HOUR_MS);
    world.ask(MEMBER, &world.browser());
    world.mails(8).await;
}

#[tokio::test]
async fn a_mail_that_is_not_taken_is_tried_again_and_one_that_never_will_be_is_given_up() {
    let world = World::new();
    world.acme().await;
    let browser = world.browser();
    let fault = |is_lasting| MailFault { is_lasting, message: "no".to_owned() };
    world.mailer.faults.lock().unwrap().extend([fault(true), fault(false)]);
    world.sends();
    world.ask(OWNER, &browser);
    while world.mailer.faults.lock().unwrap().len() > 1 {
        tokio::task::yield_now().await;
    }
    world.ask(ADMIN, &browser);
    while !world.mailer.faults.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(world.mailer.taken.lock().unwrap().is_empty());
    world.clock.advance_ms(60_000);
    world.ask(MEMBER, &browser);
    let mut to: Vec<String> = world.mails(2).await.into_iter().map(|(to, _)| to).collect();
    to.sort();
    assert_eq!(to, [MEMBER, OWNER], "the owner's was put off, the admin's given up");
    while !world.journal.mail_due(Timestamp(i64::MAX), 10).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}
