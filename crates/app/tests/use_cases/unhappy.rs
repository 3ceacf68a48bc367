//! What is refused changes nothing: no event, no fact, no snapshot.

use app::grants::{GrantChange, Receiver};
use app::integrations::{IntegrationChange, NewCredential};
use app::keys::{NewKeyOf, NewPersonalKey};
use app::organizations::Founding;
use domain::grant::Profile;
use domain::integration::CredentialKind;
use domain::key::KeyScope;
use domain::organization::{RecordsSync, SettingChange};
use domain::role::RoleId;
use journal::StreamId;

use crate::world::{ADMIN, MEMBER, OWNER, World, code_of};

#[tokio::test]
async fn a_bad_command_half_applies_nothing() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, owner, admin) = (&world.app, &acme.owner, &acme.admin);
    let before = world.heads(acme.org).await;
    let new = "newcomer@acme.example";

    assert_eq!(code_of(world.add(owner, new, "New", "emperor").await), "no-such-role");
    assert_eq!(code_of(world.add(owner, new, "New", "Not A Role").await), "role");
    assert_eq!(code_of(world.add(owner, "no address", "New", "member").await), "email");
    assert_eq!(code_of(world.add(owner, new, "two\nlines", "member").await), "name");
    assert_eq!(code_of(world.add(admin, new, "New", "admin").await), "only-owners");
    assert_eq!(code_of(world.add(owner, MEMBER, "Mona", "member").await), "already-member");
    assert_eq!(world.journal.person_by_email(new).await.unwrap(), None, "a refused newcomer is in the directory");

    let some = Receiver::Member(MEMBER);
    let unknown_tool = GrantChange { tools_off: Some(["sing".to_owned()].into()), ..GrantChange::default() };
    assert_eq!(code_of(app.set_grant(owner, some, "stripe", unknown_tool).await), "no-such-tool");
    assert_eq!(code_of(world.give(owner, some, "nowhere", Profile::Full).await), "missing");
    assert_eq!(code_of(world.give(owner, Receiver::Member("x@y.example"), "mail", Profile::Full).await), "missing");
    assert_eq!(code_of(app.remove_grant(owner, some, "mail").await), "not-found");

    let changes = vec![
        SettingChange::RecordsSync(RecordsSync::All),
        SettingChange::JoinDefaultRole(RoleId::parse("owner").unwrap()),
    ];
    assert_eq!(code_of(app.change_settings(owner, Some("Name".to_owned()), changes).await), "default-role-too-high");
    assert_eq!(code_of(app.change_settings(owner, Some(" ".to_owned()), Vec::new()).await), "bad-name");

    assert_eq!(code_of(world.connect(owner, "unreachable", Some("secret")).await), "url");
    assert_eq!(code_of(world.connect(owner, "stripe", None).await), "slug");
    let dead = IntegrationChange {
        title: Some("two\nlines".to_owned()),
        credential: Some(NewCredential { kind: CredentialKind::Bearer, secret: Some("sk_new".to_owned()) }),
        ..IntegrationChange::default()
    };
    assert!(app.edit_integration(owner, "stripe", dead).await.is_err());
    let stripe = app.show_integration(owner, "stripe").await.unwrap().id;
    let secret = app.upstream_secret(acme.org, stripe).await.unwrap().unwrap();
    assert_eq!(secret.as_str(), "sk_live_topaz", "a refused edit replaced the secret");

    assert_eq!(code_of(app.remove_member(owner, OWNER).await), "last-owner");
    assert_eq!(code_of(app.change_member_role(owner, OWNER, "member").await), "last-owner");
    assert_eq!(code_of(app.remove_member(admin, OWNER).await), "above-you");
    assert_eq!(code_of(app.change_member_role(admin, OWNER, "member").await), "above-you");
    assert_eq!(code_of(app.change_member_role(admin, MEMBER, "owner").await), "beyond-your-own");
    assert_eq!(world.heads(acme.org).await, before);
}

// rows: PW-14, PW-15, PW-16, PW-30
#[tokio::test]
async fn a_member_changes_nothing_and_learns_nothing_of_what_was_not_given() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, member) = (&world.app, &acme.member);
    let bot = world.workspace_key(&acme.owner, KeyScope::All).await.unwrap();
    let before = world.heads(acme.org).await;
    let asked = world.upstreams.shown.lock().unwrap().len();

    let lacks = "lacks-permission";
    assert_eq!(code_of(world.add(member, "x@acme.example", "X", "member").await), lacks);
    assert_eq!(code_of(app.remove_member(member, ADMIN).await), lacks);
    assert_eq!(code_of(app.change_member_role(member, MEMBER, "admin").await), lacks);
    assert_eq!(code_of(app.change_settings(member, Some("Mine".to_owned()), Vec::new()).await), lacks);
    assert_eq!(code_of(world.connect(member, "mine", None).await), lacks);
    assert_eq!(code_of(world.workspace_key(member, KeyScope::All).await), lacks);
    let others = NewKeyOf::Personal(NewPersonalKey { holder: Some(ADMIN.to_owned()) });
    assert_eq!(code_of(app.create_key(member, "key", others, None).await), lacks);
    let query = app::audit::AuditQuery { limit: 100, ..app::audit::AuditQuery::default() };
    let own = app.read_audit(member, query).await.unwrap().entries;
    let denied = |entry: &app::audit::Entry| match entry {
        app::audit::Entry::Call { record, .. } => record.intent.subject == member.actor.subject.as_str(),
        app::audit::Entry::Change { .. } => false,
    };
    assert!(!own.is_empty() && own.iter().all(denied), "their own attempts and nothing else: {own:?}");
    for name in ["stripe", "nowhere"] {
        assert_eq!(code_of(world.give(member, Receiver::Member(MEMBER), name, Profile::Full).await), "missing");
        assert_eq!(code_of(app.disconnect_integration(member, name).await), "missing");
        assert_eq!(code_of(app.refresh_integration(member, name).await), "missing");
        let seen = [("get".to_owned(), "gone".to_owned())].into();
        assert_eq!(code_of(app.approve_tools(member, name, seen).await), "missing");
        assert_eq!(code_of(app.edit_integration(member, name, IntegrationChange::default()).await), "missing");
        assert_eq!(code_of(app.review_tool(member, (name, "create_refund"), None, Some(true)).await), "missing");
    }
    for key in [bot.id.as_str(), "key_00000000000000000000"] {
        assert_eq!(code_of(app.rotate_key(member, key).await), "missing");
        assert_eq!(code_of(app.revoke_key(member, key).await), "missing");
        assert_eq!(code_of(app.show_key(member, key).await), "missing");
    }
    assert_eq!(world.heads(acme.org).await, before);
    assert_eq!(world.upstreams.shown.lock().unwrap().len(), asked, "a denied request made wardroom reach out");

    // A workspace key runs tools and manages nothing.
    let bot = world.caller(bot.secret.reveal()).await;
    assert!(world.may_call(&bot, "stripe", "delete_customer"));
    assert_eq!(code_of(world.add(&bot, "x@acme.example", "X", "member").await), "workspace-key");
    assert_eq!(code_of(app.list_roles(&bot).await), "workspace-key");
    assert_eq!(world.heads(acme.org).await, before);
}

#[tokio::test]
async fn slugs_and_addresses_are_unique_and_a_person_is_one_in_every_organization() {
    let world = World::new();
    let acme = world.acme().await;
    let before = world.journal.head(StreamId::Directory).await.unwrap();
    assert_eq!(code_of(world.found("Acme", "other@else.example").await), "slug");
    assert_eq!(world.journal.head(StreamId::Directory).await.unwrap(), before);
    assert_eq!(world.journal.person_by_email("other@else.example").await.unwrap(), None);

    let founding = Founding {
        name: "Borealis".to_owned(),
        slug: Some("borealis".to_owned()),
        preset: None,
        owner_email: MEMBER.to_uppercase(),
        owner_name: Some("Another Name".to_owned()),
    };
    let other = world.app.found_organization(founding).await.unwrap();
    assert_eq!(other.owner, acme.member_id, "an address in capitals is another person");
    let theirs = world.caller(other.key.reveal()).await;
    assert_eq!(world.app.show_organization(&theirs).await.unwrap().called, "Another Name");
    assert_eq!(world.app.show_organization(&acme.member).await.unwrap().called, "Mona Gneiss");
    assert_eq!(world.app.show_organization(&theirs).await.unwrap().role.as_deref(), Some("owner"));
    assert_eq!(world.app.show_organization(&acme.member).await.unwrap().role.as_deref(), Some("member"));
    let again = world.add(&acme.owner, &ADMIN.to_uppercase(), "Adam", "member").await;
    assert_eq!(code_of(again), "already-member");
}

#[tokio::test]
async fn an_owner_of_another_organization_finds_nothing_by_our_ids_and_touches_nothing() {
    let world = World::new();
    let acme = world.acme().await;
    let founded = world.found("Borealis", "boris@else.example").await.unwrap();
    let stranger = world.caller(founded.key.reveal()).await;
    let bot = world.workspace_key(&acme.owner, KeyScope::All).await.unwrap();
    let stripe = world.app.show_integration(&acme.owner, "stripe").await.unwrap().id;
    let (before, app) = (world.heads(acme.org).await, &world.app);

    for name in [stripe.as_str(), "stripe"] {
        assert_eq!(code_of(app.show_integration(&stranger, name).await), "missing");
        assert_eq!(code_of(app.disconnect_integration(&stranger, name).await), "missing");
        assert!(!world.may_call(&stranger, name, "list_customers"));
    }
    for person in [acme.member_id.as_str(), MEMBER, OWNER] {
        assert_eq!(code_of(app.show_member(&stranger, person).await), "missing");
        assert_eq!(code_of(app.remove_member(&stranger, person).await), "missing");
        assert_eq!(code_of(app.check(&stranger, Some(person), "stripe", "list_customers").await), "missing");
    }
    assert_eq!(code_of(app.revoke_key(&stranger, bot.id.as_str()).await), "missing");
    assert_eq!(code_of(app.rotate_key(&stranger, bot.id.as_str()).await), "missing");
    assert_eq!(world.heads(acme.org).await, before);
    // The secret of the other's integration is sealed for its own organization alone.
    assert_eq!(app.upstream_secret(founded.org, stripe).await.unwrap(), None);
}
