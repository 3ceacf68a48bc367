//! Addresses that become sign-ins: by a mail that is opened in the session that asked for it, and of no use to whoever sends
//! mail to others.

use std::time::Duration;

use crate::oidc::PUBLIC;
use crate::sign_ins::account;
use crate::world::{ADMIN, MEMBER, World, code_of};

const MINUTE: i64 = 60_000;

impl World {
    /// The last mail's text, once there are so many.
    pub(crate) async fn mail(&self, count: usize) -> (String, String) {
        let many = async {
            while self.mailer.taken.lock().unwrap().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), many).await.expect("the mail is sent");
        self.mailer.taken.lock().unwrap().last().unwrap().clone()
    }
}

fn mailed(text: &str) -> String {
    let rest = text.split("/sign-in/identities/email/").nth(1).expect("a link");
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn an_address_becomes_a_sign_in_by_a_mail_that_is_opened_in_the_same_session() {
    let world = World::new();
    let acme = world.acme().await;
    tokio::spawn(world.app.clone().keep_sending());
    let (_, mona) = world.signed_in(MEMBER).await;
    let (_, adam) = world.signed_in(ADMIN).await;
    world.app.mail_to_link(&mona, "Mona@Home.example", PUBLIC).await.unwrap();
    let (to, text) = world.mail(1).await;
    assert_eq!(to, "Mona@Home.example");
    assert!(text.contains("somebody who signs in to gate.acme.example") && !text.contains("Mona Gneiss"), "{text}");
    let link = mailed(&text);
    for _ in 0..2 {
        assert_eq!(code_of(world.app.look_at_address(&adam, &link).await), "missing");
        assert_eq!(world.app.look_at_address(&mona, &link).await.unwrap().account, "Mona@Home.example");
    }
    assert_eq!(code_of(world.app.link(&adam, &link).await), "missing");
    let browser = world.app.new_browser().unwrap().1;
    assert_eq!(code_of(world.app.open_mailed_link(&link, &browser, None).await), "missing", "it signs nobody in");
    world.app.link(&mona, &link).await.unwrap();
    assert_eq!(world.accounts(&mona).await, [account("E-mail", "Mona@Home.example")]);
    assert_eq!(code_of(world.app.link(&mona, &link).await), "missing", "it is good once");
    // From then on it lets her in, and the one that the directory knows her by does not.
    world.app.ask_by_mail(MEMBER, &browser, PUBLIC).unwrap();
    world.app.ask_by_mail("mona@home.EXAMPLE", &browser, PUBLIC).unwrap();
    let (to, text) = world.mail(2).await;
    assert_eq!(to, "mona@home.EXAMPLE");
    let link = text.split("/sign-in/mail/").nth(1).unwrap().split_whitespace().next().unwrap();
    let begun = world.app.open_mailed_link(link, &browser, None).await.unwrap();
    assert_eq!(world.app.signed_in(begun.token.reveal()).await.unwrap().proof.person, acme.member_id);
}

#[tokio::test]
async fn no_mail_goes_to_an_address_that_is_somebody_elses_and_a_late_one_adds_nothing() {
    let world = World::new();
    world.acme().await;
    tokio::spawn(world.app.clone().keep_sending());
    let (_, mona) = world.signed_in(MEMBER).await;
    let (_, adam) = world.signed_in(ADMIN).await;
    // The directory knows Adam by it, who signs in in no way yet.
    world.app.mail_to_link(&mona, ADMIN, PUBLIC).await.unwrap();
    world.app.mail_to_link(&mona, "both@home.example", PUBLIC).await.unwrap();
    let (to, text) = world.mail(1).await;
    assert_eq!(to, "both@home.example", "nothing was sent to Adam");
    let monas = mailed(&text);
    world.app.mail_to_link(&adam, "both@home.example", PUBLIC).await.unwrap();
    let adams = mailed(&world.mail(2).await.1);
    world.app.link(&adam, &adams).await.unwrap();
    assert_eq!(code_of(world.app.link(&mona, &monas).await), "sign-in-taken");
    // For what is taken nothing is sent either.
    world.app.mail_to_link(&mona, "BOTH@home.example", PUBLIC).await.unwrap();
    world.app.mail_to_link(&mona, "late@home.example", PUBLIC).await.unwrap();
    let (to, text) = world.mail(3).await;
    assert_eq!(to, "late@home.example");
    world.clock.advance_ms(15 * MINUTE);
    assert_eq!(code_of(world.app.link(&mona, &mailed(&text)).await), "missing");
    assert!(world.accounts(&mona).await.is_empty());
    assert_eq!(code_of(world.app.mail_to_link(&adam, "x", PUBLIC).await), "sign-in-again");
}

#[tokio::test]
async fn a_flood_of_mails_to_one_address_ends_at_five_an_hour() {
    let world = World::new();
    world.acme().await;
    tokio::spawn(world.app.clone().keep_sending());
    let (_, mona) = world.signed_in(MEMBER).await;
    for _ in 0..8 {
        world.app.mail_to_link(&mona, "victim@home.example", PUBLIC).await.unwrap();
    }
    world.app.mail_to_link(&mona, "last@home.example", PUBLIC).await.unwrap();
    world.mail(6).await;
    // However many addresses it is, somebody has ten of them written to in an hour.
    let (_, adam) = world.signed_in(ADMIN).await;
    for number in 0..20 {
        world.app.mail_to_link(&mona, &format!("{number}@home.example"), PUBLIC).await.unwrap();
    }
    world.app.mail_to_link(&adam, "adam@home.example", PUBLIC).await.unwrap();
    let is_adams = |(to, _): &(String, String)| to == "adam@home.example";
    while !world.mailer.taken.lock().unwrap().iter().any(is_adams) {
        tokio::task::yield_now().await;
    }
    let taken = world.mailer.taken.lock().unwrap().clone();
    assert_eq!(taken.iter().filter(|(to, _)| to == "victim@home.example").count(), 5);
    assert!(taken.len() <= 11, "{taken:?}");
}
