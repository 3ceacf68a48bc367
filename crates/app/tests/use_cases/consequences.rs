//! What a removal would come to is told before, and what goes with it happens in the same moment or not at all.

use app::Caller;
use app::keys::CreatedKey;
use app::members::{KnownKey, Leaving};
use domain::credential::CredentialId;
use domain::key::KeyScope;

use crate::world::{ADMIN, MEMBER, OWNER, World, code_of};

fn credential(of: &Caller) -> CredentialId {
    of.actor.credential.unwrap().id()
}

fn told(keys: &[KnownKey], id: &CreatedKey) -> Option<(bool, bool)> {
    let found = keys.iter().find(|key| key.id == id.id);
    found.map(|key| (key.issued_by_them, key.used_by_them_alone))
}

// rows: PW-54
#[tokio::test]
async fn a_removal_is_preceded_by_the_keys_that_the_leaver_knows_and_those_that_they_alone_seem_to_use() {
    let world = World::new();
    let acme = world.acme().await;
    let app = &world.app;
    let issued = world.workspace_key(&acme.admin, KeyScope::Granted).await.unwrap();
    let used = world.workspace_key(&acme.owner, KeyScope::Granted).await.unwrap();
    let shared = world.workspace_key(&acme.owner, KeyScope::Granted).await.unwrap();
    let idle = world.workspace_key(&acme.owner, KeyScope::Granted).await.unwrap();
    let from = |credential, address: &str| app.used(acme.org, credential, Some(address.to_owned()), None);
    // The admin works from home, and in the office as everybody does.
    from(credential(&acme.admin), "192.0.2.7");
    from(credential(&acme.member), "198.51.100.1");
    from(CredentialId::Key(used.id), "192.0.2.7");
    from(CredentialId::Key(shared.id), "198.51.100.1");
    let found = app.consequences(&acme.owner, ADMIN).await.unwrap();
    let keys = &found.keys_to_regenerate;
    assert_eq!((told(keys, &issued), told(keys, &used)), (Some((true, false)), Some((false, true))));
    assert_eq!((told(keys, &shared), told(keys, &idle)), (None, None), "{keys:?}");
    assert!(keys.iter().all(|key| key.label == "Bot of jasper"), "{keys:?}");
    assert_eq!((found.ends.keys, found.ends.sessions, found.ends.open), (1, 0, 0));
    assert!(found.obstacle.is_none());
    // Where somebody else is seen there too, nobody can tell.
    from(credential(&acme.owner), "192.0.2.7");
    let found = app.consequences(&acme.owner, ADMIN).await.unwrap();
    assert_eq!(told(&found.keys_to_regenerate, &used), None);
}

#[tokio::test]
async fn what_a_removal_comes_to_is_told_to_whoever_may_remove_and_says_what_stands_against_it() {
    let world = World::new();
    let acme = world.acme().await;
    let app = &world.app;
    assert_eq!(code_of(app.consequences(&acme.member, ADMIN).await), "lacks-permission");
    assert_eq!(code_of(app.consequences(&acme.admin, OWNER).await), "above-you");
    assert_eq!(code_of(app.consequences(&acme.owner, "nobody@acme.example").await), "missing");
    let of_oneself = app.consequences(&acme.owner, OWNER).await.unwrap();
    assert_eq!(of_oneself.obstacle.map(|refusal| refusal.code), Some("last-owner"));
    let before = world.heads(acme.org).await;
    app.consequences(&acme.owner, MEMBER).await.unwrap();
    assert_eq!(world.heads(acme.org).await, before, "it is a look");
}

#[tokio::test]
async fn new_secrets_come_with_the_removal_in_one_append_or_nothing_happens() {
    let world = World::new();
    let acme = world.acme().await;
    let app = &world.app;
    let bot = world.workspace_key(&acme.admin, KeyScope::Granted).await.unwrap();
    let leaving = |keys: &[String]| Leaving { hand_over_to: None, regenerate: keys.to_vec() };
    let before = world.heads(acme.org).await;
    // The owner sees no secret of another person, and the id of no key is guessed.
    let theirs = acme.member.actor.credential.unwrap().id().to_string();
    let refused = app.remove_member_and(&acme.owner, ADMIN, &leaving(&[bot.id.to_string(), theirs])).await;
    assert_eq!(code_of(refused), "not-yours");
    let unknown = app.remove_member_and(&acme.owner, ADMIN, &leaving(&["key_none".to_owned()])).await;
    assert_eq!(code_of(unknown), "missing");
    let own = Leaving { hand_over_to: Some(ADMIN.to_owned()), regenerate: Vec::new() };
    assert_eq!(code_of(app.remove_member_and(&acme.owner, ADMIN, &own).await), "hand_over_to");
    assert_eq!(world.heads(acme.org).await, before, "nobody was removed, and every secret is as it was");
    assert!(app.authenticate(bot.secret.reveal()).await.is_ok());

    let removed = app.remove_member_and(&acme.owner, ADMIN, &leaving(&[bot.id.to_string()])).await.unwrap();
    let [(id, secret)] = removed.left.regenerated.as_slice() else { panic!("{removed:?}") };
    assert_eq!(*id, bot.id);
    assert_eq!(code_of(app.authenticate(bot.secret.reveal()).await), "unauthenticated");
    assert!(app.authenticate(secret.reveal()).await.is_ok());
    assert!(removed.known.workspace.is_empty(), "its secret is new, and not theirs: {:?}", removed.known.workspace);
    let events = world.events(acme.org).await;
    let last: Vec<_> = events.iter().rev().take(2).map(|stored| (stored.at, stored.actor.clone())).collect();
    assert_eq!(last[0], last[1], "one append");
}
