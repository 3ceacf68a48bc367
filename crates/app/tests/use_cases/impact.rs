//! What an impact says in words: everything that somebody gains or loses, as far as whoever asks may know of it.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use app::agents::NewAgent;
use app::grants::{GrantChange, Receiver};
use app::impact::{Impact, Mode};
use app::roles::{NewRole, RoleChange};
use app::{Caller, Problem};
use domain::grant::Profile;
use domain::organization::{GrantsTo, SettingChange};
use domain::permission::Holding;
use domain::role::RoleLevel;

use crate::world::{MEMBER, World, first_key};

fn looking(caller: &Caller) -> Caller {
    Caller { mode: Mode { preview: true, ..Mode::default() }, ..caller.clone() }
}

fn told<T: std::fmt::Debug>(answer: Result<T, Problem>) -> Impact {
    match answer {
        Err(Problem::Previewed(impact)) => *impact,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_place_in_a_team_and_the_end_of_a_key_are_told_of_the_one_whom_they_concern() {
    let world = World::new();
    let acme = world.acme().await;
    let team = world.app.create_team(&acme.owner, "Sales".to_owned()).await.unwrap().id.to_string();
    let change =
        RoleChange { permissions: Some(Holding::parse(["team.view", "team.edit"]).unwrap()), ..RoleChange::default() };
    let lead = NewRole { id: None, title: "Lead".to_owned(), level: RoleLevel::Team, change };
    world.app.create_role(&acme.owner, lead).await.unwrap();
    let joins = told(world.app.set_team_member(&looking(&acme.owner), (&team, MEMBER), Some("lead")).await);
    assert_eq!((joins.subjects.len(), joins.others), (1, 0), "{joins:?}");
    let line = joins.summary().remove(0);
    assert!(line.starts_with("Mona Gneiss: ") && line.contains("in the team Sales: comes in"), "{line}");
    world.app.set_team_member(&acme.owner, (&team, MEMBER), Some("lead")).await.unwrap();
    let ends = told(world.app.delete_team(&looking(&acme.owner), &team).await);
    assert!(ends.summary()[0].contains("in the team Sales: goes"), "{ends:?}");

    let key = world.personal_key(&acme.member, None).await.unwrap().id.to_string();
    let revoked = told(world.app.revoke_key(&looking(&acme.member), &key).await);
    assert_eq!(revoked.subjects[0].keys.len(), 1, "{revoked:?}");
    assert!(revoked.summary()[0].ends_with(" ends"), "{revoked:?}");
}

#[tokio::test]
async fn an_end_that_is_set_or_moves_is_told_with_the_one_before() {
    let world = World::new();
    let acme = world.acme().await;
    let (first, second) = (world.app.now().plus_ms(3_600_000), world.app.now().plus_ms(7_200_000));
    let until = |end| GrantChange { profile: Some(Profile::ReadOnly), expires_at: Some(end), ..GrantChange::default() };
    let give =
        async |caller: &Caller, end| world.app.set_grant(caller, Receiver::Member(MEMBER), "stripe", until(end)).await;
    let lines = async |end| told(give(&looking(&acme.admin), end).await).summary();
    let for_good = ["Mona Gneiss: gains 1 tool of stripe"];
    assert_eq!(lines(None).await, for_good, "what does not end is told as ever");
    let ends = "Mona Gneiss: what is given of STRIPE ends at 2023-11-14T23:13:20.000Z";
    assert_eq!(lines(Some(first)).await, [for_good[0], ends]);
    give(&acme.admin, Some(first)).await.unwrap();
    let nobody = "nobody gains or loses anything at this moment";
    let later = "Mona Gneiss: what is given of STRIPE ends at 2023-11-15T00:13:20.000Z, and no longer at \
        2023-11-14T23:13:20.000Z";
    assert_eq!(lines(Some(second)).await, [nobody, later]);
    let gone = "Mona Gneiss: what is given of STRIPE has no end any more; before, it ended at 2023-11-14T23:13:20.000Z";
    assert_eq!(lines(None).await, [nobody, gone]);
    let impact = told(give(&looking(&acme.admin), None).await);
    assert_eq!((impact.ends[0].until, impact.ends[0].before), (None, Some(Some(first))));
    give(&acme.admin, None).await.unwrap();
    let begins = "Mona Gneiss: what is given of STRIPE ends at 2023-11-14T23:13:20.000Z; before, it had no end";
    assert_eq!(lines(Some(first)).await, [nobody, begins]);
}

#[tokio::test]
async fn the_end_of_a_role_beside_ones_own_of_a_delegation_and_of_a_key_is_told() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, end) = (&world.app, world.app.now().plus_ms(3_600_000));
    app.change_settings(&acme.owner, None, vec![SettingChange::RolesExtraBindings(true)]).await.unwrap();
    let change = RoleChange { permissions: Some(Holding::parse(["audit.read"]).unwrap()), ..RoleChange::default() };
    let new = NewRole { id: None, title: "Reader".to_owned(), level: RoleLevel::Organization, change };
    app.create_role(&acme.owner, new).await.unwrap();
    app.give_member_role(&acme.owner, (MEMBER, "reader"), Some(end)).await.unwrap();
    let kept = told(app.give_member_role(&looking(&acme.owner), (MEMBER, "reader"), None).await).summary();
    let role = "Mona Gneiss: the role Reader beside their own has no end any more; before, it ended at \
        2023-11-14T23:13:20.000Z";
    assert_eq!(kept, ["nobody gains or loses anything at this moment", role]);

    let bot = NewAgent { title: "Bot".to_owned(), role: None, sponsor: None, expires_at: None };
    let bot = app.create_agent(&acme.owner, bot).await.unwrap().agent.id.to_string();
    let acts = told(app.delegate(&looking(&acme.member), (&bot, MEMBER), Some(end)).await);
    assert_eq!(acts.ends.len(), 1, "{acts:?}");
    let line = acts.summary().pop().unwrap();
    assert_eq!(line, "Bot: acting for Mona Gneiss ends at 2023-11-14T23:13:20.000Z");
    let key = told(world.personal_key(&looking(&acme.member), Some(end)).await).summary();
    assert_eq!(key.last().unwrap(), "Phone of jasper: the key ends at 2023-11-14T23:13:20.000Z", "{key:?}");
}

#[tokio::test]
async fn whoever_may_not_explain_access_is_told_no_end_that_they_do_not_set() {
    let world = World::new();
    let acme = world.acme().await;
    let held = ["organization.view", "member.view", "integration.view", "integration.use_all", "grant.assign"];
    let change = RoleChange { permissions: Some(Holding::parse(held).unwrap()), ..RoleChange::default() };
    let new = NewRole { id: None, title: "Gives".to_owned(), level: RoleLevel::Organization, change };
    world.app.create_role(&acme.owner, new).await.unwrap();
    let added = world.add(&acme.owner, "gil@acme.example", "Gil Slate", "gives").await.unwrap();
    let gil = looking(&world.caller(first_key(&added)).await);
    let until = |end| GrantChange { profile: Some(Profile::ReadOnly), expires_at: Some(end), ..GrantChange::default() };
    let lines = async || {
        let ends = world.app.set_grant(&gil, Receiver::Member(MEMBER), "stripe", until(None)).await;
        told(ends).summary()
    };
    let soon = world.app.now().plus_ms(3_600_000);
    world.app.set_grant(&acme.admin, Receiver::Member(MEMBER), "stripe", until(Some(soon))).await.unwrap();
    assert_eq!(lines().await.last().unwrap(), "Mona Gneiss: what is given of STRIPE has no end");
}

#[tokio::test]
async fn that_a_role_for_an_hour_becomes_somebodys_own_is_told_as_for_good() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, end) = (&world.app, world.app.now().plus_ms(3_600_000));
    app.change_settings(&acme.owner, None, vec![SettingChange::RolesExtraBindings(true)]).await.unwrap();
    app.give_member_role(&acme.owner, (MEMBER, "admin"), Some(end)).await.unwrap();
    let own = "Mona Gneiss: the role Admin is their own from then on";
    let stays = "Mona Gneiss: the role Admin has no end any more; before, it ended at 2023-11-14T23:13:20.000Z";
    let promoted = told(app.change_member_role(&looking(&acme.owner), MEMBER, "admin").await).summary();
    assert_eq!(promoted, [own, stays]);

    // So does whoever has the role to which everybody goes whose role is deleted.
    let change = RoleChange { permissions: Some(Holding::parse(["audit.read"]).unwrap()), ..RoleChange::default() };
    let new = NewRole { id: None, title: "Reader".to_owned(), level: RoleLevel::Organization, change };
    app.create_role(&acme.owner, new).await.unwrap();
    app.take_member_role(&acme.owner, (MEMBER, "admin")).await.unwrap();
    app.change_member_role(&acme.owner, MEMBER, "reader").await.unwrap();
    app.give_member_role(&acme.owner, (MEMBER, "member"), Some(end)).await.unwrap();
    let deleted = told(app.delete_role(&looking(&acme.owner), "reader", None).await).summary();
    let stays = "Mona Gneiss: the role Member has no end any more; before, it ended at 2023-11-14T23:13:20.000Z";
    assert!(deleted[0].contains("the role Member is their own from then on"), "{deleted:?}");
    assert_eq!(deleted.last().unwrap(), stays, "{deleted:?}");
    let other = told(app.change_member_role(&looking(&acme.owner), MEMBER, "admin").await);
    assert!(other.ends.is_empty(), "what had no end before is told as ever: {other:?}");
}

#[tokio::test]
async fn roles_beside_ones_own_that_begin_to_count_are_told_with_their_end() {
    let world = World::new();
    let acme = world.acme().await;
    let (app, end) = (&world.app, world.app.now().plus_ms(3_600_000));
    let beside = |count| vec![SettingChange::RolesExtraBindings(count)];
    app.change_settings(&acme.owner, None, beside(true)).await.unwrap();
    app.give_member_role(&acme.owner, (MEMBER, "admin"), Some(end)).await.unwrap();
    // What she does with it ends with it, and she gives none of it on; she is told until when she has it.
    let added = world.add(&acme.member, "bea@acme.example", "Bea", "admin").await;
    let because = added.unwrap_err().to_string();
    assert!(
        because.ends_with(", which you hold until 2023-11-14T23:13:20Z alone, and what is given stays"),
        "{because}"
    );
    app.change_settings(&acme.owner, None, beside(false)).await.unwrap();
    let counts = told(app.change_settings(&looking(&acme.owner), None, beside(true)).await).summary();
    let ends = "Mona Gneiss: the role Admin beside their own ends at 2023-11-14T23:13:20.000Z";
    assert!(counts.iter().any(|line| line == ends), "{counts:?}");

    // Whoever switches it on without seeing the members is told that there are some.
    app.change_settings(&acme.owner, None, beside(true)).await.unwrap();
    app.take_member_role(&acme.owner, (MEMBER, "admin")).await.unwrap();
    for (title, held) in [("Plain", &["organization.view"][..]), ("Sets", &["organization.view", "organization.edit"])]
    {
        let change = RoleChange { permissions: Some(Holding::parse(held).unwrap()), ..RoleChange::default() };
        let new = NewRole { id: None, title: title.to_owned(), level: RoleLevel::Organization, change };
        app.create_role(&acme.owner, new).await.unwrap();
    }
    app.give_member_role(&acme.owner, (MEMBER, "plain"), Some(end)).await.unwrap();
    app.change_settings(&acme.owner, None, beside(false)).await.unwrap();
    let seth = world.add(&acme.owner, "seth@acme.example", "Seth Flint", "sets").await.unwrap();
    let seth = looking(&world.caller(first_key(&seth)).await);
    let impact = told(app.change_settings(&seth, None, beside(true)).await);
    assert_eq!((impact.ends.len(), impact.ends_others), (0, 1), "{impact:?}");
}

#[tokio::test]
async fn an_end_names_no_agent_that_is_hidden_and_tells_what_was_before_to_those_alone_who_see_it_listed() {
    let world = World::new();
    let acme = world.acme().await;
    let held = ["organization.view", "member.view", "integration.view", "integration.use_all", "grant.assign"];
    let change = RoleChange { permissions: Some(Holding::parse(held).unwrap()), ..RoleChange::default() };
    let new = NewRole { id: None, title: "Gives".to_owned(), level: RoleLevel::Organization, change };
    world.app.create_role(&acme.owner, new).await.unwrap();
    let added = world.add(&acme.owner, "gil@acme.example", "Gil Slate", "gives").await.unwrap();
    let gil = looking(&world.caller(first_key(&added)).await);
    let to = SettingChange::GrantsTo([GrantsTo::Person, GrantsTo::Role].into());
    world.app.change_settings(&acme.owner, None, vec![to]).await.unwrap();
    let bot = NewAgent { title: "Bot".to_owned(), role: None, sponsor: None, expires_at: None };
    let bot = world.app.create_agent(&acme.owner, bot).await.unwrap().agent.id.to_string();
    let until = |end| GrantChange { profile: Some(Profile::ReadOnly), expires_at: Some(end), ..GrantChange::default() };
    let soon = world.app.now().plus_ms(3_600_000);
    for (to, named) in [(Receiver::Agent(&bot), &*bot), (Receiver::Role("member"), "everyone with the role Member")] {
        world.app.set_grant(&acme.owner, to, "stripe", until(Some(soon))).await.unwrap();
        let lines = told(world.app.set_grant(&gil, to, "stripe", until(None)).await).summary();
        assert_eq!(lines.last().unwrap(), &format!("{named}: what is given of STRIPE has no end"));
        let lines = told(world.app.set_grant(&looking(&acme.owner), to, "stripe", until(None)).await).summary();
        let line = lines.last().unwrap();
        assert!(line.contains("before, it ended at") && !line.contains(&*bot), "{line}");
    }
}

/// Begins with what somebody asks; whether it waits.
async fn waits<T>(question: &mut (dyn Future<Output = T> + Unpin)) -> Result<(), T> {
    std::future::poll_fn(|context| match Pin::new(&mut *question).poll(context) {
        Poll::Pending => Poll::Ready(Ok(())),
        Poll::Ready(answer) => Poll::Ready(Err(answer)),
    })
    .await
}

#[test]
fn previews_wait_in_small_numbers_and_nobody_fills_the_places_of_all() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new();
        let acme = world.acme().await;
        // The only thread for what is moved aside is taken.
        let (end, is_to_end) = std::sync::mpsc::sync_channel::<()>(1);
        let taken = tokio::task::spawn_blocking(move || is_to_end.recv().is_err());
        let rename =
            async |by: &Caller| world.app.change_settings(&looking(by), Some("Ltd".to_owned()), Vec::new()).await;
        let mut begun = Vec::new();
        let mut refused = 0;
        for _ in 0..40 {
            let mut one = Box::pin(rename(&acme.owner));
            match waits(&mut one).await {
                Ok(()) => begun.push(one),
                Err(Err(busy)) if busy.code() == "one-at-a-time" => {
                    assert!(busy.to_string().contains("previews of yours") && busy.to_string().contains("ask again"));
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(begun.len() < 10 && refused > 30, "{} wait, {refused} were refused", begun.len());
        let mut others = Box::pin(rename(&acme.admin));
        assert!(waits(&mut others).await.is_ok(), "somebody else does not wait for them");
        drop(end);
        assert!(taken.await.unwrap());
        for one in begun {
            assert!(told(one.await).seq > 0);
        }
        assert!(told(others.await).seq > 0);
        assert!(told(rename(&acme.owner).await).seq > 0, "and the next is worked out after them");
    });
}
